//! Accepting an invitation against what else becomes of its client at the same
//! time: driven one call at a time, as in `invitation_races.rs`. The first race
//! of each kind has fifty who accept, the others two.

use crate::invitation_races::{Dice, MARGIN, Scene, WEEK, count, interleave, races};
use e2e::{PASSWORD, TestApp, id};
use portico_bootstrap::functions;
use portico_domain::{Change, Door, Email, PersonName, Ticket, TicketPurpose};
use portico_keys::TicketLink;
use portico_local::steps::Stepped;
use portico_web::Function;
use serde_json::{Value, json};
use std::time::Duration;

const ADA: &str = "ada@example.com";
const NEW: &str = "countess@example.com";
const PHRASE: &str = "quite another phrase";

fn accepts(scene: &Scene, seed: u64) -> Vec<Stepped<i64>> {
    let many = if seed == 0 { 50 } else { 2 };
    (0..many).map(|_| scene.accept()).collect()
}

fn function(name: &str) -> Function {
    let mut all = functions().into_iter();
    let found = all.find(|function| function.route.name == name);
    found.expect("a function of this name")
}

/// How many succeeded; the others have to be told that the link is dead.
#[track_caller]
fn succeeded(ends: &[i64], seed: u64) -> usize {
    let won = ends.iter().filter(|end| **end == 200).count();
    let dead = ends.iter().filter(|end| **end == 410).count();
    assert_eq!(won + dead, ends.len(), "seed {seed}: {ends:?}");
    assert!(won <= 1, "seed {seed}: {ends:?}");
    won
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let body = json!({ "email": ADA, "password": password });
    let answer = app.nobody().post(&app.sign_in_path(), &body).await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.text);
    answer.status == 200
}

/// The token of the link that Ada has been sent after signing up.
async fn sign_up_token(app: &TestApp) -> String {
    let (core, workspace_id) = (app.server.app(), app.server.workspace_id);
    let mut change = Change::by_system(core.moment());
    let name = PersonName::from_fields(Some("Ada"), Some("Lovelace"), None);
    let purpose = TicketPurpose::SignUp {
        name: name.expect("a name"),
        email: Email::parse("email", ADA).expect("an address"),
    };
    let account = Door::Clients.nobody(change.moment);
    let ticket = Ticket::issue(&mut change, workspace_id, account, purpose);
    let store = core.store.workspace(workspace_id);
    store.commit(&change).await.expect("it is written");
    let link = TicketLink {
        workspace_id,
        ticket_id: ticket.id,
    };
    core.keys.ticket_token(link).expose().to_owned()
}

/// The statuses of all invitations of the client, the newest first.
async fn invitations(scene: &Scene) -> Vec<String> {
    let path = format!("/v1/invitations?clientId={}", scene.client);
    let list = scene.app.admin().get(&path).await.expect(200);
    let list = list["data"].as_array().expect("a list").clone();
    let status = |one: &Value| one["status"].as_str().expect("a status").to_owned();
    list.iter().map(status).collect()
}

async fn client(scene: &Scene, id: &str) -> Value {
    let path = format!("/v1/clients/{id}");
    scene.app.admin().get(&path).await.expect(200)
}

#[tokio::test]
async fn accepting_while_the_link_runs_out_and_a_new_one_is_asked_for_has_one_outcome() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let nearly = WEEK.saturating_sub(Duration::from_secs(1));
        scene.app.server.pass(nearly);
        let mut works = accepts(&scene, seed);
        works.push(scene.ask(portico_invitations::renew::FUNCTION, &json!({})));
        let tick = |dice: &mut Dice| {
            if dice.below(8) == 0 {
                scene.app.server.pass(Duration::from_millis(500));
            }
        };

        let mut ends = interleave(&mut Dice(seed), works, tick).await;
        scene.app.server.pass(MARGIN);
        interleave(&mut Dice(seed), vec![scene.expire()], |_| {}).await;

        assert_eq!(ends.pop(), Some(200), "whoever asks is told nothing");
        let won = succeeded(&ends, seed);
        let (status, client, told) = scene.end().await;
        let all: Vec<String> = invitations(&scene).await;
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        match (won, &*status, &*client, &*all) {
            (1, "accepted", "active", ["accepted"])
            | (0, "expired", "notInvited", ["expired"])
            | (0, "expired", "invited", ["pending", "expired"]) => {}
            other => panic!("seed {seed}: {other:?}"),
        }
        let both = count(&told, "invitation.accepted") + count(&told, "invitation.expired");
        assert_eq!(both, 1, "seed {seed}: {told:?}");
        assert_eq!(count(&told, "client.activated"), won, "seed {seed}");
    }
}

#[tokio::test]
async fn accepting_while_somebody_asks_for_a_new_link_with_an_old_one_succeeds_once() {
    for seed in 0..races() {
        let mut scene = Scene::new(seed).await;
        scene.app.server.pass(Duration::from_mins(1) + MARGIN);
        let path = format!("/v1/invitations/{}/resend", scene.invitation);
        let admin = scene.app.admin();
        admin.post(&path, &json!({})).await.expect(200);
        scene.app.server.pass(Duration::from_mins(1) + MARGIN);
        let renew = scene.ask(portico_invitations::renew::FUNCTION, &json!({}));
        let path = format!("/v1/invitations/{}/link", scene.invitation);
        let link = admin.post(&path, &json!({})).await.expect(200);
        scene.token = Scene::token_of(&link);
        let mut works = accepts(&scene, seed);
        works.push(renew);

        let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

        assert_eq!(ends.pop(), Some(200));
        assert_eq!(succeeded(&ends, seed), 1, "the newest link stays good");
        let (status, client, told) = scene.end().await;
        assert_eq!((&*status, &*client), ("accepted", "active"), "seed {seed}");
        assert_eq!(count(&told, "invitation.accepted"), 1, "seed {seed}");
        assert_eq!(invitations(&scene).await, ["accepted"], "seed {seed}");
    }
}

#[tokio::test]
async fn accepting_and_signing_up_with_the_same_address_let_in_one_of_them() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let (app, admin) = (&scene.app, scene.app.admin());
        let settings = json!({ "isClientDirectSignUpEnabled": true });
        admin.patch("/v1/workspaces", &settings).await.expect(200);
        let token = sign_up_token(app).await;
        let verify = || {
            let body = json!({ "password": PHRASE });
            scene.ask_about(function("verify-create"), ("", &token), &body)
        };
        let mut works = accepts(&scene, seed);
        works.extend([verify(), verify()]);

        let ends = interleave(&mut Dice(seed), works, |_| {}).await;

        assert_eq!(succeeded(&ends, seed), 1, "seed {seed}: {ends:?}");
        let has_accepted = succeeded(&ends[..ends.len() - 2], seed) == 1;
        let (status, client, told) = scene.end().await;
        assert_eq!((&*status, &*client), ("accepted", "active"), "seed {seed}");
        for event in ["invitation.accepted", "client.activated", "client.created"] {
            assert_eq!(count(&told, event), 1, "seed {seed}, {event}: {told:?}");
        }
        // The password of whoever came first, and not the other one.
        assert_eq!(signs_in(app, PASSWORD).await, has_accepted, "seed {seed}");
        assert_eq!(signs_in(app, PHRASE).await, !has_accepted, "seed {seed}");
    }
}

#[tokio::test]
async fn accepting_and_being_merged_into_another_client_have_one_outcome() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let other = json!({ "name": "Ada King", "email": NEW });
        let other = scene.app.admin().post("/v1/clients", &other).await;
        let other = id(&other.expect(200)).to_owned();
        let mut works = accepts(&scene, seed);
        let merge = portico_clients::merge::FUNCTION;
        works.push(scene.ask(merge, &json!({ "into": other })));

        let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

        let merged = ends.pop();
        let won = succeeded(&ends, seed);
        let (status, _, told) = scene.end().await;
        let (other, own) = (client(&scene, &other).await, &scene.client);
        let leads_to = client(&scene, own).await["id"].clone();
        match (won, merged, &*status) {
            // The only account of the two does not end unasked.
            (1, Some(409), "accepted") => {
                assert_eq!(leads_to, own.as_str(), "seed {seed}");
                assert_eq!(count(&told, "client.activated"), 1, "seed {seed}");
            }
            (0, Some(200), "cancelled") => {
                assert_eq!(leads_to, other["id"], "seed {seed}");
                assert_eq!(count(&told, "client.activated"), 0, "seed {seed}");
            }
            outcome => panic!("seed {seed}: {outcome:?}"),
        }
        assert_eq!(other["status"], "notInvited", "seed {seed}");
        assert_eq!(signs_in(&scene.app, PASSWORD).await, won == 1);
        let both = count(&told, "invitation.accepted") + count(&told, "invitation.cancelled");
        assert_eq!(both, 1, "seed {seed}: {told:?}");
    }
}

#[tokio::test]
async fn accepting_while_a_duplicate_is_merged_into_the_client_succeeds() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let other = json!({ "name": "Ada King", "email": NEW, "phone": "+12125550123" });
        let other = scene.app.admin().post("/v1/clients", &other).await;
        let other = id(&other.expect(200)).to_owned();
        let mut works = accepts(&scene, seed);
        let into = json!({ "into": scene.client });
        let merge = portico_clients::merge::FUNCTION;
        works.push(scene.ask_about(merge, (&other, ""), &into));

        let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

        assert_eq!(ends.pop(), Some(200), "seed {seed}");
        assert_eq!(succeeded(&ends, seed), 1, "seed {seed}");
        let (status, of_client, told) = scene.end().await;
        let both = (&*status, &*of_client);
        assert_eq!(both, ("accepted", "active"), "seed {seed}");
        assert_eq!(count(&told, "client.merged"), 1, "seed {seed}: {told:?}");
        assert_eq!(count(&told, "invitation.accepted"), 1, "seed {seed}");
        let survivor = client(&scene, &other).await;
        assert_eq!(survivor["id"], scene.client.as_str(), "seed {seed}");
        assert_eq!(survivor["phone"], "+12125550123", "seed {seed}");
    }
}

#[tokio::test]
async fn accepting_and_a_change_of_the_address_have_one_outcome() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let mut works = accepts(&scene, seed);
        let update = portico_clients::update::FUNCTION;
        works.push(scene.ask(update, &json!({ "email": NEW })));

        let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

        assert_eq!(ends.pop(), Some(200), "seed {seed}");
        let won = succeeded(&ends, seed);
        let (status, of_client, told) = scene.end().await;
        let after = client(&scene, &scene.client).await;
        let (email, pending) = (&after["email"], &after["pendingEmail"]);
        if won == 1 {
            // Whoever can sign in proves the new address first.
            let both = (&*status, &*of_client);
            assert_eq!(both, ("accepted", "active"), "seed {seed}");
            assert_eq!((email, pending), (&json!(ADA), &json!(NEW)), "seed {seed}");
        } else {
            // The link went to an address that is not the client's any more.
            let both = (&*status, &*of_client);
            assert_eq!(both, ("cancelled", "notInvited"), "seed {seed}");
            let expected = (&json!(NEW), &Value::Null);
            assert_eq!((email, pending), expected, "seed {seed}");
        }
        assert_eq!(signs_in(&scene.app, PASSWORD).await, won == 1);
        let both = count(&told, "invitation.accepted") + count(&told, "invitation.cancelled");
        assert_eq!(both, 1, "seed {seed}: {told:?}");
        assert_eq!(count(&told, "client.activated"), won, "seed {seed}");
    }
}

#[tokio::test]
async fn accepting_while_the_company_is_switched_off_succeeds() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let admin = scene.app.admin();
        let company = json!({ "name": "Engines" });
        let company = admin.post("/v1/companies", &company).await.expect(200);
        let company = id(&company).to_owned();
        let path = format!("/v1/clients/{}", scene.client);
        let into = json!({ "companyIds": [company] });
        admin.patch(&path, &into).await.expect(200);
        let mut works = accepts(&scene, seed);
        let update = function("companies-update");
        let off = json!({ "isActive": false });
        works.push(scene.ask_about(update, (&company, ""), &off));

        let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

        // A link that somebody has stays good.
        assert_eq!(ends.pop(), Some(200), "seed {seed}");
        assert_eq!(succeeded(&ends, seed), 1, "seed {seed}");
        let (status, of_client, told) = scene.end().await;
        let both = (&*status, &*of_client);
        assert_eq!(both, ("accepted", "active"), "seed {seed}");
        assert_eq!(count(&told, "invitation.accepted"), 1, "seed {seed}");
        assert_eq!(count(&told, "company.updated"), 1, "seed {seed}");
        let path = format!("/v1/companies/{company}");
        let company = admin.get(&path).await.expect(200);
        assert_eq!(company["isActive"], false, "seed {seed}");
    }
}
