//! Access tokens: which ones let nobody in, and how the keys behind them change.

use crate::sessions::{refresh, started};
use e2e::{PASSWORD, id};
use portico_domain::{Account, Session};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn forged_access_tokens_let_nobody_in() {
    let (app, ada) = started().await;
    let token = ada.tokens["accessToken"].as_str().expect("a token");
    let (head, rest) = token.split_once('.').expect("three parts");
    let (claims, signature) = rest.split_once('.').expect("three parts");
    let none = "eyJhbGciOiJub25lIiwia2lkIjoiMSJ9";
    for forged in [
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{claims}."),
        format!(
            "{head}.{claims}.{}",
            signature.chars().rev().collect::<String>()
        ),
        format!("{head}.{claims}"),
        "a.b.c".to_owned(),
        app.server.api_key.clone(),
    ] {
        let actor = app
            .nobody()
            .with("authorization", &format!("Bearer {forged}"));
        // What does not even look like a token is none.
        let code = if forged.matches('.').count() == 2 && forged.len() > 20 {
            "session_over"
        } else {
            "session_missing"
        };
        actor.get("/portal/me").await.problem(401, code);
    }
    ada.actor.get("/portal/me").await.expect(200);
    // A client's token is no key.
    ada.actor
        .get("/v1/clients")
        .await
        .problem(401, "key_invalid");
}

#[tokio::test]
async fn a_token_for_another_workspace_lets_nobody_in() {
    let (app, ada) = started().await;
    let other = app.other_tenant().await;
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let invite = "/v1/clients?sendInvite=true";
    let grace = other.actor.post(invite, &grace).await.expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link("grace@example.com").await);
    let password = json!({ "password": PASSWORD });
    let grace_in = app.nobody().post(&accept, &password).await.expect(200);
    let (portico, workspaces) = (
        app.server.app(),
        [app.server.workspace_id, other.stored.workspace_id],
    );
    let mut sessions = Vec::new();
    for (workspace, client, tokens) in [
        (workspaces[0], &ada.id, &ada.tokens),
        (workspaces[1], &id(&grace).to_owned(), &grace_in["session"]),
    ] {
        let account = Account::Client {
            id: client.parse().expect("an id"),
        };
        let session = tokens["sessionId"].as_str().expect("an id").parse();
        let found = portico
            .store
            .workspace(workspace)
            .session(account, session.expect("an id"))
            .await;
        sessions.push(found.expect("the table answers").expect("it is there"));
    }
    let keys = portico.store.signing_keys().await.expect("keys");
    let base_url = &portico.base_url;

    // Every mixture of the two, signed by us: only what it names can refuse it.
    for mixture in 0..8 {
        let part = |bit: usize| &sessions[(mixture >> bit) & 1];
        let mixed = Session {
            workspace_id: part(0).workspace_id,
            account: part(1).account,
            ..part(2).clone()
        };
        let access = portico
            .keys
            .access_token(&keys, base_url, &mixed, app.now());
        let tokens = json!({
            "accessToken": access.expect("it signs").expose(),
            "refreshToken": portico.keys.session_token(&mixed).expose(),
        });
        let is_whole = mixture == 0 || mixture == 7;
        let me = app.bearer(&tokens).get("/portal/me").await;
        let refreshed = refresh(&app, &tokens).await;
        if is_whole {
            me.expect(200);
            refreshed.expect(200);
        } else {
            me.problem(401, "session_over");
            refreshed.problem(401, "refresh_refused");
        }
    }
}

#[tokio::test]
async fn keys_are_rotated_while_clients_are_signed_in() {
    let (app, ada) = started().await;
    let store = &app.server.app().store;
    let published = || async {
        let set = app.nobody().get("/.well-known/jwks.json").await.expect(200);
        let keys = set["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["kid"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(published().await, ["1"]);

    let before = store.signing_keys().await.expect("the table answers");
    let after = before.rotate(app.now()).expect("nothing is pending");
    assert!(
        store
            .replace_signing_keys(&before, &after)
            .await
            .expect("the table answers")
    );
    assert!(
        !store
            .replace_signing_keys(&before, &after)
            .await
            .expect("the table answers")
    );

    assert_eq!(published().await, ["1", "2"]);
    ada.actor.get("/portal/me").await.expect(200);
    app.advance(Duration::from_mins(59)).await;
    let last_of_old = refresh(&app, &ada.tokens).await.expect(200);
    app.advance(Duration::from_mins(1)).await;
    let first_of_new = refresh(&app, &last_of_old).await.expect(200);
    for tokens in [&last_of_old, &first_of_new] {
        app.bearer(tokens).get("/portal/me").await.expect(200);
    }
    app.advance(Duration::from_mins(11)).await;
    assert_eq!(published().await, ["2"]);

    // Keys in wrong hands end what they signed, and no session.
    let tokens = refresh(&app, &first_of_new).await.expect(200);
    let before = store.signing_keys().await.expect("the table answers");
    let after = before.replace(app.now());
    assert!(
        store
            .replace_signing_keys(&before, &after)
            .await
            .expect("the table answers")
    );
    app.bearer(&tokens)
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    let tokens = refresh(&app, &tokens).await.expect(200);
    app.bearer(&tokens).get("/portal/me").await.expect(200);
}
