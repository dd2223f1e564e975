//! A server of the tests' own: started on a free port, killed and started again.

mod interrupted;
mod numbered;
pub(crate) mod processes;
mod stopped;

use std::{
    io,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use ess_core::Embeddings;
use ess_engines::EngineSettings;

pub(crate) use interrupted::{Restarts, a_restart_loses_and_doubles_nothing};
pub(crate) use processes::{add_as_told, processes_that_add_at_once_lose_nothing};
pub(crate) use stopped::a_server_that_stops_for_a_while_mixes_nothing_up;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Items of 8 dimensions.
pub(crate) fn items(n: usize) -> Embeddings {
    Embeddings::from_vec((0..8 * n).map(|i| (i as f32 * 0.37).sin()).collect(), 8).unwrap()
}

/// Patient enough for a server that is started again.
pub(crate) fn settings() -> EngineSettings {
    EngineSettings { batch: 200, timeout: 20.0, retries: 5, pause: 0.1, ..EngineSettings::default() }
}

/// A running server, killed when dropped.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts a server and waits until it listens. What a killed one left behind may keep it from starting for a
    /// moment.
    pub(crate) fn start(command: &mut Command, port: u16) -> Self {
        let started = Instant::now();
        loop {
            if let Some(server) = Self::try_start(command, port) {
                return server;
            }
            assert!(started.elapsed() < PATIENCE, "the server does not start: {command:?}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn try_start(command: &mut Command, port: u16) -> Option<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Self { child: child.expect("the server's program") };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if server.child.try_wait().expect("the state of a child").is_some() {
                return None;
            }
            assert!(started.elapsed() < PATIENCE, "the server does not listen: {command:?}");
            thread::sleep(Duration::from_millis(50));
        }
        // PostgreSQL listens before it finds that processes of the killed one still hold its memory, and then ends.
        thread::sleep(Duration::from_millis(100));
        server.child.try_wait().expect("the state of a child").is_none().then_some(server)
    }

    /// Kills it as a power cut would, with what it started: that answers for a moment longer. Waits until it is gone.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        let started = self.children();
        self.child.kill()?;
        self.child.wait()?;
        signal("KILL", &started);
        Ok(())
    }

    /// Sends a signal to it and to what it started.
    pub(crate) fn signal(&self, name: &str) {
        signal(name, &[vec![self.child.id().to_string()], self.children()].concat());
    }

    fn children(&self) -> Vec<String> {
        let id = self.child.id();
        let started = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        started.split_whitespace().map(str::to_owned).collect()
    }
}

fn signal(name: &str, processes: &[String]) {
    for process in processes {
        // One that is gone already is no loss.
        drop(Command::new("kill").args(["-s", name, process]).stderr(Stdio::null()).status());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        drop(self.kill());
    }
}

/// Waits for what must come.
pub(crate) fn until(happened: impl Fn() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "it does not happen");
        thread::sleep(Duration::from_millis(10));
    }
}
