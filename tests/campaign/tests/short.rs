//! A short fault campaign; `cargo run -p campaign` makes a long one.

use campaign::Report;

fn nothing_is_wrong(report: &Report) {
    assert!(report.wrong.is_empty(), "{:#?}", report.wrong);
    assert!(report.owed > 0, "nothing happened: {report}");
}

#[tokio::test]
async fn nothing_is_lost_while_workers_die_and_messages_vanish() {
    let report = campaign::run(1, 1_500).await;
    nothing_is_wrong(&report);
    assert!(report.killed_at_call > 0, "nobody died: {report}");
}

#[tokio::test]
async fn whoever_is_due_is_woken_without_a_sweep() {
    nothing_is_wrong(&campaign::unswept(1, 1_500).await);
}

#[tokio::test]
async fn a_run_can_be_repeated() {
    let (first, second) = (campaign::run(7, 150).await, campaign::run(7, 150).await);
    assert_eq!(first.to_string(), second.to_string());
}

#[tokio::test]
async fn one_death_or_one_failed_call_anywhere_loses_nothing() {
    nothing_is_wrong(&campaign::enumerate(1, 197).await);
}

#[tokio::test]
async fn whatever_is_done_wrong_is_found_as_what_it_is() {
    for tampered in campaign::tampered().await {
        assert_eq!(tampered.found, tampered.expected, "{}", tampered.name);
    }
}
