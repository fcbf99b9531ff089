//! What the environment says is not asked.

use crate::receiver::{Forbidden, after};
use std::{env, process::Command};

const PROXIES: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];

const MARK: &str = "PORTICO_TEST_WITH_PROXIES";

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    // Variables are given to a process when it starts, so the test starts
    // itself again with them.
    if env::var_os(MARK).is_some() {
        let attempt = after("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert!(attempt.is_success());
        return;
    }
    let proxy = Forbidden::open();
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let mut again = Command::new(env::current_exe().unwrap());
    again
        .arg("proxies_of_the_environment_are_ignored")
        .env(MARK, "1");
    for variable in PROXIES {
        let value = if variable.eq_ignore_ascii_case("no_proxy") {
            ""
        } else {
            &url
        };
        again.env(variable, value);
    }
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    proxy.assert_unvisited();
}
