use crate::machine::{Machine, ended};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_server_leaves_its_key_for_its_owner_until_it_ends() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let file = machine.access_file(&server);
    let mode = |path: &std::path::Path| {
        let metadata = path.metadata().expect("it is there");
        metadata.permissions().mode() & 0o777
    };

    let text = std::fs::read_to_string(&file).expect("it is there");
    let modes = (mode(&file), mode(file.parent().expect("a folder")));
    let found = server.run(&machine, &["events", "list"]).await;
    let localhost = server.url.replace("127.0.0.1", "localhost");
    let by_name = ["events", "list", "--api-url", &localhost];
    let by_name = server.run(&machine, &by_name).await;
    server.running.interrupt().await;

    assert_eq!(modes, (0o600, 0o700));
    assert!(text.contains(&server.url) && text.contains(&server.api_key));
    assert!(
        found.status.success() && by_name.status.success(),
        "{by_name:?}"
    );
    assert!(!file.exists());
}

#[tokio::test]
async fn what_a_killed_server_has_left_is_told_and_removed_by_the_next() {
    let machine = Machine::new();
    let killed = machine.serve().await;
    let file = machine.access_file(&killed);
    killed.running.kill().await;

    let mut command = machine.command(&["listen", "--api-url", &killed.url]);
    let output = ended(&mut command).await;
    let was_left = file.exists();
    let next = machine.serve().await;

    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    let hint = format!(
        "nothing answers at {}; its server has ended without cleaning up",
        killed.url
    );
    assert!(message.contains(&hint), "{message}");
    // The system may give the next server the same port.
    assert!(was_left && (!file.exists() || next.url == killed.url));
}

#[tokio::test]
async fn without_a_key_the_servers_that_run_are_named() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let ask = async |url: &str| {
        let mut command = machine.command(&["listen", "--api-url", url]);
        let output = ended(&mut command).await;
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };

    let with_another = ask("http://127.0.0.1:1").await;
    let url = server.url.clone();
    server.running.interrupt().await;
    let with_none = ask("http://127.0.0.1:1").await;

    let part = format!(
        "there is no API key for http://127.0.0.1:1; give one as PORTICO_API_KEY or with --api-key, or name a server of this machine with --api-url: {url}"
    );
    assert!(with_another.contains(&part), "{with_another}");
    assert!(
        with_none.contains("start a server on this machine with `portico dev`"),
        "{with_none}"
    );
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_refused_with_what_to_do() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let other = machine.serve().await;

    let output = server
        .run(&machine, &["listen", "--api-key", &other.api_key])
        .await;

    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.contains("key_invalid") && message.contains("check PORTICO_API_KEY"),
        "{message}"
    );
}
