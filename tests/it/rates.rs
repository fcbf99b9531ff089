//! A key can have a limit of requests.

use crate::limits::plan;
use e2e::{TestApp, TestKey};
use futures_util::future::join_all;
use portico_domain::{Permission, Plan, RateLimit};
use std::time::Duration;

async fn limited(app: &TestApp, requests: u32, seconds: u32) -> TestKey {
    let mut key = app.key(Permission::ALL).await;
    key.stored.rate_limit = Some(RateLimit { requests, seconds });
    app.put_key(&key.stored).await;
    key
}

#[tokio::test]
async fn a_limited_key_is_told_what_is_left_and_when_to_come_again() {
    let app = TestApp::start().await;
    let key = limited(&app, 3, 60).await.actor;

    for left in ["\"key\";r=2;t=20", "\"key\";r=1;t=40", "\"key\";r=0;t=20"] {
        let answer = key.get("/v1/workspaces").await;
        assert_eq!(answer.header("ratelimit"), left);
        assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=3;w=60");
        answer.expect(200);
    }
    let refused = key.get("/v1/workspaces").await;
    refused.problem(429, "rate_limited");
    assert_eq!(refused.body["limit"], 3);
    assert_eq!(refused.header("retry-after"), "20");
    assert_eq!(refused.header("ratelimit"), "\"key\";r=0;t=20");

    app.advance(Duration::from_secs(19)).await;
    key.get("/v1/workspaces").await.problem(429, "rate_limited");
    app.advance(Duration::from_secs(1)).await;
    key.get("/v1/workspaces").await.expect(200);
    key.get("/v1/workspaces").await.problem(429, "rate_limited");
    app.advance(Duration::from_mins(2)).await;
    let whole = key.get("/v1/workspaces").await;
    assert_eq!(whole.header("ratelimit"), "\"key\";r=2;t=20");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_requests_at_once_as_many_get_in_as_the_limit_says() {
    let app = TestApp::start().await;
    let key = limited(&app, 20, 3600).await.actor;

    let answers = join_all((0..50).map(|_| key.get("/v1/workspaces"))).await;

    let in_time = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(in_time, 20);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(429, "rate_limited");
    }
}

#[tokio::test]
async fn a_key_without_a_limit_pays_nothing_for_limits() {
    let app = TestApp::start().await;
    // Once an hour it is noted that a key is used.
    app.admin().get("/v1/workspaces").await.expect(200);
    app.server.aws().record_calls();

    let answer = app.admin().get("/v1/workspaces").await;

    assert_eq!(answer.header("ratelimit"), "");
    let calls = app.server.aws().calls();
    let own = calls
        .iter()
        .filter(|call| call.function == Some("workspaces-get"));
    let own: Vec<&str> = own.map(|call| &*call.operation).collect();
    assert_eq!(own, ["BatchGetItem"]);
}

#[tokio::test]
async fn a_plan_limits_every_key_of_the_workspace_and_a_key_can_have_less() {
    let app = TestApp::start().await;
    let key_rate = Some(RateLimit {
        requests: 5,
        seconds: 60,
    });
    let slow = limited(&app, 2, 60).await.actor;
    let greedy = limited(&app, 1_000, 60).await.actor;
    let other = app.key(Permission::ALL).await.actor;
    let limited = Plan {
        key_rate,
        ..Plan::default()
    };
    plan(&app, limited).await;

    for (key, policy) in [
        (&slow, "\"key\";q=2;w=60"),
        (&greedy, "\"key\";q=5;w=60"),
        (&other, "\"key\";q=5;w=60"),
    ] {
        let answer = key.get("/v1/workspaces").await;
        assert_eq!(answer.header("ratelimit-policy"), policy);
        answer.expect(200);
    }
    for _ in 0..4 {
        other.get("/v1/workspaces").await.expect(200);
    }
    let refused = other.get("/v1/workspaces").await;
    refused.problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "12");
    // Each key has a bucket of its own.
    greedy.get("/v1/workspaces").await.expect(200);
    plan(&app, Plan::default()).await;
    let free = other.get("/v1/workspaces").await;
    assert_eq!(free.header("ratelimit"), "");
    free.expect(200);
}
