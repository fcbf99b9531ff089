//! Mails about accounts: links that are good once, and what changed.

use e2e::{TestApp, id};
use portico_domain::{Account, Change, Email, Ticket, TicketPurpose};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::time::Duration;

async fn ada(app: &TestApp) -> Value {
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

fn email(text: &str) -> Email {
    Email::parse("email", text).expect("an address")
}

/// Gives a ticket out, as a function would.
async fn issue(app: &TestApp, client: &Value, purpose: TicketPurpose) -> Ticket {
    let (core, workspace) = (app.server.app(), app.server.workspace_id);
    let account = Account::Client {
        id: id(client).parse().expect("an id"),
    };
    let mut change = Change::by_system(core.moment());
    let ticket = Ticket::issue(&mut change, workspace, account, purpose);
    let store = core.store.workspace(workspace);
    store.commit(&change).await.expect("it is written");
    ticket
}

/// Uses a ticket up, as a function would.
async fn use_up(app: &TestApp, ticket: &Ticket) {
    let core = app.server.app();
    let mut change = Change::by_system(core.moment());
    ticket.use_up(&mut change).expect("it is good");
    let store = core.store.workspace(ticket.workspace_id);
    store.commit(&change).await.expect("it is written");
}

#[tokio::test]
async fn the_link_of_each_kind_of_ticket_is_mailed_to_whom_it_concerns() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    let change = TicketPurpose::ChangeEmail {
        from: email("ada@example.com"),
        to: email("new@example.com"),
    };
    let verify = TicketPurpose::VerifyEmail {
        email: email("verify@example.com"),
    };

    for (purpose, to, page) in [
        (TicketPurpose::ResetPassword, "ada@example.com", "/reset/"),
        (TicketPurpose::SignIn, "ada@example.com", "/magic/"),
        (verify, "verify@example.com", "/verify/"),
        (change, "new@example.com", "/verify/"),
    ] {
        let ticket = issue(&app, &client, purpose).await;
        app.settle().await;

        let mails = app.mails(to).await;
        let url = app.server.app().ticket_url(&ticket);
        assert!(url.contains(page), "{url}");
        for part in ["Text", "HTML"] {
            let text = mails[0][part].as_str().expect("both parts");
            assert!(text.contains(&url), "{part}: {text}");
        }
    }
}

#[tokio::test]
async fn a_changed_address_is_told_to_the_old_one() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    let change = TicketPurpose::ChangeEmail {
        from: email("ada@example.com"),
        to: email("new@example.com"),
    };
    let ticket = issue(&app, &client, change).await;
    app.settle().await;
    assert_eq!(app.mails("ada@example.com").await.len(), 0);

    use_up(&app, &ticket).await;
    app.settle().await;

    let told = app.mails("ada@example.com").await;
    assert_eq!(told.len(), 1);
    let text = told[0]["Text"].as_str().expect("a text");
    assert!(text.contains("got another e-mail address"), "{text}");
    assert!(!text.contains("new@example.com"), "{text}");
}

#[tokio::test]
async fn a_link_that_was_used_or_has_run_out_is_not_mailed_any_more() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    app.server
        .aws()
        .inject(|call: &Call| (call.service == "ses").then_some(Fault::Refuse("Throttled")));
    let used = issue(&app, &client, TicketPurpose::SignIn).await;
    issue(&app, &client, TicketPurpose::SignIn).await;
    app.settle().await;
    use_up(&app, &used).await;

    app.server.aws().heal();
    app.advance(Duration::from_mins(10)).await;

    assert_eq!(app.mails("ada@example.com").await.len(), 0);
}

#[tokio::test]
async fn the_table_holds_no_link_and_letters_hold_no_address() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    app.settle().await;
    app.server.aws().record_calls();

    let ticket = issue(&app, &client, TicketPurpose::ResetPassword).await;
    app.settle().await;

    let url = app.server.app().ticket_url(&ticket);
    let token = url.rsplit('/').next().expect("a token");
    let calls = app.server.aws().calls();
    let bodies = |service: &'static str| {
        let of_service = calls.iter().filter(move |call| call.service == service);
        of_service.map(|call| call.body.to_string())
    };
    assert!(bodies("ses").any(|body| body.contains(token)));
    for body in bodies("dynamodb").chain(bodies("sqs")) {
        assert!(!body.contains(token), "{body}");
        let is_letter = body.contains("LETTER");
        assert!(!is_letter || !body.contains("ada@example.com"), "{body}");
    }
}
