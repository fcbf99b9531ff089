//! Getting out, and being told that somebody else got in.

use e2e::{PASSWORD, TestApp, TestClient};
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";

async fn sign_in(app: &TestApp) -> e2e::Actor {
    let body = json!({ "email": ADA, "password": PASSWORD });
    let tokens = app.nobody().post(&app.sign_in_path(), &body).await;
    app.bearer(&tokens.expect(200))
}

async fn started() -> (TestApp, TestClient) {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", ADA, None).await;
    (app, ada)
}

#[tokio::test]
async fn signing_out_takes_whatever_a_program_sends() {
    let (app, ada) = started().await;
    let path = "/portal/sign-out";
    let here: [Option<&str>; 4] = [
        None,
        Some("{}"),
        Some("{\"everywhere\": false}"),
        Some("{\"everywhere\": null}"),
    ];
    for body in here {
        let session = sign_in(&app).await;
        let out = session
            .send("POST", path, body.map(ToOwned::to_owned))
            .await;
        out.expect(200);
        assert_eq!(session.get("/portal/me").await.status, 401, "{body:?}");
        ada.actor.get("/portal/me").await.expect(200);
    }

    let refused = ada.actor.post(path, &json!({ "everywhere": 1 })).await;
    assert_eq!(refused.problem(400, "field_invalid"), Some("everywhere"));
    for everywhere in [json!(true), json!("true")] {
        let (one, other) = (sign_in(&app).await, sign_in(&app).await);
        let everywhere = json!({ "everywhere": everywhere });
        one.post(path, &everywhere).await.expect(200);
        assert_eq!(other.get("/portal/me").await.status, 401, "{everywhere}");
    }
}

#[tokio::test]
async fn another_password_is_told_by_mail() {
    let (app, ada) = started().await;
    let mary = app
        .team_member("Mary Major", "mary@example.com", "staff")
        .await;
    for (who, email) in [(&ada, ADA), (&mary, "mary@example.com")] {
        let mails = app.mails(email).await.len();
        let change = json!({ "currentPassword": PASSWORD, "password": "quite another phrase" });
        who.actor
            .post("/portal/password", &change)
            .await
            .expect(200);
        app.settle().await;

        let told: Vec<Value> = app.mails(email).await;
        assert_eq!(told.len(), mails + 1);
        let subject = told[0]["Subject"].as_str().expect("a subject");
        assert!(subject.contains("password"), "{subject}");
    }
}
