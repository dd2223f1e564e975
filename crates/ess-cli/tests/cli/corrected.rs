//! Whether the p-values of a page are corrected for all differences that it shows.

/// How many differences the tables of a page show with their interval, and for how many it says that it was corrected.
pub(crate) fn differences(page: &str) -> [usize; 2] {
    let tables = page.lines().filter(|line| line.starts_with('|'));
    let in_line = |line: &str| -> usize {
        ["[+", "[-", "[too few queries differ]"].map(|interval| line.matches(interval).count()).iter().sum()
    };
    let said = [" differences were compared.", " comparisons of this page."];
    let (before, _) = said.iter().find_map(|words| page.split_once(words)).unwrap();
    [tables.map(in_line).sum(), before.rsplit(' ').next().unwrap().parse().unwrap()]
}

/// Every interval of the page is one of the differences that were corrected together, and there are no others.
#[track_caller]
pub(crate) fn is_corrected_as_a_whole(page: &str) {
    let [shown, corrected] = differences(page);
    assert!(shown > 0 && shown == corrected, "{shown} are shown, and {corrected} corrected\n{page}");
}
