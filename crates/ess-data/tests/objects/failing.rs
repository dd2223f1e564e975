//! Stores that say no, that are not there, and that do not end.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use ess_data::{Error, ObjectError, ObjectFolder, ObjectSet, ObjectSettings};

use super::{
    SECRET, content, folder, settings,
    store_server::{Asked, Fault, StoreServer},
};

/// Whatever is done with a folder of that server, the error is that kind, names the URL, and holds no secret.
fn all_are(server: &StoreServer, settings: &ObjectSettings, is: impl Fn(&ObjectError) -> bool) {
    let folder = ObjectFolder::open_with("s3://bucket/out", settings).unwrap();
    let disk = tempfile::tempdir().unwrap();
    let [small, large, copy] = ["small", "large", "copy"].map(|name| disk.path().join(name));
    std::fs::write(&small, "x").unwrap();
    std::fs::write(&large, content(2500)).unwrap();
    server.insert("bucket/out/there", &content(2500));
    let object = server_object(server);
    for (what, done) in [
        ("info", folder.info("there").map(drop)),
        ("fetch", folder.fetch(&object, &copy).map(drop)),
        ("small", folder.put("small", &small).map(drop)),
        ("large", folder.put("large", &large).map(drop)),
        ("list", folder.list().map(drop)),
        ("set", ObjectSet::publish(&folder, "objects.json", &[&small]).map(drop)),
    ] {
        let Err(error) = done else { panic!("{what} was done") };
        let said = format!("{error} {error:?} {folder:?}");
        assert!(said.starts_with("s3://bucket/out"), "{what}: {said}");
        assert!(!said.contains(SECRET) && !said.contains("AKIDEXAMPLE"), "{what}: {said}");
        let Error::Object(error) = error else { panic!("{what}: {error:?}") };
        assert!(is(&error), "{what}: {error:?}");
    }
    assert!(!copy.exists());
}

/// The object `there`, asked of a server that is as that one and good.
fn server_object(server: &StoreServer) -> ess_data::ObjectInfo {
    let good = StoreServer::good();
    good.insert("bucket/out/there", &server.objects()["bucket/out/there"]);
    folder(&good).info("there").unwrap()
}

#[test]
fn what_is_forbidden_is_not_asked_again() {
    for status in [401, 403] {
        let server = StoreServer::start(move |_| Some(Fault::Status(status, "AccessDenied")));
        all_are(&server, &settings(&server), |error| matches!(error, ObjectError::Forbidden { .. }));
        assert!(server.asked().len() <= 7, "{status}");
    }
}

#[test]
fn an_answer_that_says_why_is_passed_on() {
    let server =
        StoreServer::start(|asked| (asked.method == "PUT").then_some(Fault::Status(400, "EntityTooSmall")));
    let error = folder(&server).put_bytes("x", vec![1]).unwrap_err().to_string();
    assert_eq!(error, "s3://bucket/out/x: the store refused: 400 Bad Request (EntityTooSmall)");
}

#[test]
fn what_is_missing_is_missing() {
    let server = StoreServer::good();
    let folder = folder(&server);
    let missing = folder.info("nothing").unwrap_err();
    assert_eq!(missing.to_string(), "s3://bucket/out/nothing: no such object");
    assert!(ObjectSet::read(&folder, "objects.json").unwrap().is_none());
}

#[test]
fn a_server_that_is_gone_or_does_not_answer_is_unreachable_in_time() {
    let unreachable = |error: &ObjectError| matches!(error, ObjectError::Unreachable { .. });
    let server = StoreServer::start(|_| Some(Fault::Hang(Duration::from_secs(20))));
    let hasty = |server: &StoreServer| ObjectSettings {
        request_seconds: 0.3,
        retries: 1,
        retry_seconds: 1.0,
        ..settings(server)
    };
    let started = Instant::now();
    all_are(&server, &hasty(&server), unreachable);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let mut gone = StoreServer::good();
    // Nobody listens on port 1.
    gone.url = "http://127.0.0.1:1".to_owned();
    all_are(&gone, &hasty(&gone), unreachable);
}

/// Fails so often, then no more.
fn first(times: usize, fault: Fault) -> impl Fn(&Asked) -> Option<Fault> + Send + Sync {
    let asked = AtomicUsize::new(0);
    move |_| (asked.fetch_add(1, Ordering::SeqCst) < times).then(|| fault.clone())
}

#[test]
fn what_passes_is_asked_again_and_what_does_not_pass_ends() {
    let cut = || Fault::Cut;
    for fault in [Fault::Status(503, "SlowDown"), Fault::Status(429, "TooManyRequests")] {
        let server = StoreServer::start(first(2, fault.clone()));
        assert_eq!(folder(&server).put_bytes("x", content(10)).unwrap().bytes, 10, "{fault:?}");
        let server = StoreServer::start(move |_| Some(fault.clone()));
        let error = folder(&server).info("x").unwrap_err();
        assert!(matches!(error, Error::Object(ObjectError::Unreachable { .. })), "{error}");
        assert_eq!(server.asked().len(), 3);
    }
    let disk = tempfile::tempdir().unwrap();
    let copy = disk.path().join("copy");
    let server = StoreServer::start(|asked| (asked.method == "GET").then_some(Fault::Cut));
    server.insert("bucket/out/there", &content(2500));
    let object = folder(&server).info("there").unwrap();
    let error = folder(&server).fetch(&object, &copy).unwrap_err();
    assert!(matches!(error, Error::Object(ObjectError::Unreachable { .. })), "{error}");
    assert!(!copy.exists());
    let server = StoreServer::start(first(2, cut()));
    server.insert("bucket/out/there", &content(2500));
    folder(&server).fetch(&object, &copy).unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), content(2500));
}

#[test]
fn parts_of_an_upload_that_failed_are_given_up_and_the_object_before_stays() {
    let second_part = |asked: &Asked| asked.query.get("partNumber").is_some_and(|number| number == "2");
    let server =
        StoreServer::start(move |asked| second_part(asked).then_some(Fault::Status(403, "AccessDenied")));
    server.insert("bucket/out/large", b"before");
    let disk = tempfile::tempdir().unwrap();
    let file = disk.path().join("file");
    std::fs::write(&file, content(2500)).unwrap();
    let error = folder(&server).put("large", &file).unwrap_err();
    assert!(matches!(error, Error::Object(ObjectError::Forbidden { .. })), "{error}");
    assert_eq!((server.open_uploads(), &*server.objects()["bucket/out/large"]), (0, &b"before"[..]));
}

#[test]
fn settings_that_a_store_does_not_have_are_refused_by_name() {
    let server = StoreServer::good();
    let mut settings = settings(&server);
    settings.options.insert("aws_colour".to_owned(), SECRET.to_owned());
    let error = ObjectFolder::open_with("s3://bucket/out", &settings).unwrap_err();
    assert!(error.to_string().starts_with("s3://bucket/out: the setting aws_colour"), "{error}");
    assert!(!format!("{error:?}").contains(SECRET));
    // One that the store's client quotes.
    settings.options.remove("aws_colour");
    settings.options.insert("aws_checksum_algorithm".to_owned(), SECRET.to_owned());
    let error = ObjectFolder::open_with("s3://bucket/out", &settings).unwrap_err();
    assert!(error.to_string().starts_with("s3://bucket/out: the store refused"), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    settings.options.remove("aws_checksum_algorithm");
    // Without TLS only where that was allowed.
    settings.options.remove("allow_http");
    let folder = ObjectFolder::open_with("s3://bucket/out", &settings).unwrap();
    let error = folder.info("x").unwrap_err().to_string();
    assert!(error.contains("AWS_ALLOW_HTTP"), "{error}");
    assert!(server.asked().is_empty());
}
