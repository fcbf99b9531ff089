//! Two who want something of one invitation at the same time.
//!
//! Both are driven one call to AWS at a time, in an order that a seed decides,
//! so every order can happen, and one that went wrong can be repeated.
//! `PORTICO_RACES` says how many are run of each kind; the figures of a long
//! run are in `docs/reliability.md`.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use e2e::{TestApp, id};
use portico_local::steps::{Step, Stepped};
use portico_web::Function;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

pub(crate) const WEEK: Duration = Duration::from_hours(7 * 24);
/// After it every function knows that a time is over, whatever its clock says.
pub(crate) const MARGIN: Duration = Duration::from_secs(5);

/// How many races of each kind, unless `PORTICO_RACES` says so.
const RACES: u64 = 25;

pub(crate) fn races() -> u64 {
    let given = std::env::var("PORTICO_RACES");
    given
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(RACES)
}

/// One invited client.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) client: String,
    pub(crate) invitation: String,
    pub(crate) token: String,
}

impl Scene {
    pub(crate) async fn new(seed: u64) -> Self {
        let app = TestApp::driven_from(seed).await;
        let admin = app.admin();
        let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
        let client = admin.post("/v1/clients", &body).await.expect(200);
        let body = json!({ "clientId": client["id"] });
        let invitation = admin.post("/v1/invitations", &body).await.expect(201);
        let path = format!("/v1/invitations/{}/link", id(&invitation));
        let link = admin.post(&path, &json!({})).await.expect(200);
        let token = Self::token_of(&link);
        Self {
            client: id(&client).to_owned(),
            invitation: id(&invitation).to_owned(),
            token,
            app,
        }
    }

    /// One team member who is invited.
    async fn of_member(seed: u64) -> Self {
        let app = TestApp::driven_from(seed).await;
        let admin = app.admin();
        let body = json!({ "name": "Mary Major", "email": "mary@example.com", "role": "staff" });
        let path = "/v1/internal-users?sendInvite=true";
        let user = admin.post(path, &body).await.expect(201);
        let path = format!("/v1/internal-users/{}/invitation/link", id(&user));
        let link = admin.post(&path, &json!({})).await.expect(200);
        let token = Self::token_of(&link);
        Self {
            client: id(&user).to_owned(),
            invitation: id(&user).to_owned(),
            token,
            app,
        }
    }

    /// How it ended for the team member: its status, and the statuses that its
    /// events tell, one after the other.
    async fn member_end(&self) -> (String, Vec<String>) {
        let admin = self.app.admin();
        let list = admin.get("/v1/internal-users").await.expect(200);
        let list = list["data"].as_array().expect("a list").clone();
        let user = list.iter().find(|user| user["id"] == self.client.as_str());
        let status = user.map_or("gone", |user| user["status"].as_str().expect("a status"));
        let path = format!("/v1/events?settled=false&objectId={}", self.client);
        let events = admin.get(&path).await.expect(200);
        let mut told: Vec<(u64, String)> = events["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| {
                let status = event["data"]["status"].as_str().expect("a status");
                (
                    event["sequence"].as_u64().expect("a number"),
                    status.to_owned(),
                )
            })
            .collect();
        told.sort();
        let sequences: Vec<u64> = told.iter().map(|(sequence, _)| *sequence).collect();
        let whole: Vec<u64> = (1..).take(sequences.len()).collect();
        assert_eq!(sequences, whole);
        (
            status.to_owned(),
            told.into_iter().map(|(_, status)| status).collect(),
        )
    }

    /// The token of a link that was copied.
    pub(crate) fn token_of(link: &Value) -> String {
        let url = link["url"].as_str().expect("a link");
        url.rsplit('/').next().expect("a token").to_owned()
    }

    /// A function's work on a request about this invitation; it answers with
    /// the status.
    pub(crate) fn ask(&self, function: Function, body: &Value) -> Stepped<i64> {
        let about = if function.route.path.starts_with("/v1/clients") {
            &self.client
        } else {
            &self.invitation
        };
        self.ask_about(function, (about, &self.token), body)
    }

    /// The same about something else with an id, or with another link.
    pub(crate) fn ask_about(
        &self,
        function: Function,
        (id, token): (&str, &str),
        body: &Value,
    ) -> Stepped<i64> {
        let route = function.route;
        let (key, method) = (route.to_string(), route.method.name());
        let event = json!({
            "version": "2.0", "routeKey": key, "rawPath": route.path, "rawQueryString": "",
            "headers": { "x-api-key": self.app.server.api_key, "content-type": "application/json" },
            "requestContext": {
                "accountId": "anonymous", "apiId": "local", "routeKey": key, "stage": "$default",
                "requestId": "race",
                "http": { "method": method, "path": route.path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
                "time": "21/Nov/2026:22:30:00 +0000", "timeEpoch": 0,
            },
            "pathParameters": { "id": id, "token": token },
            "body": body.to_string(),
            "isBase64Encoded": false,
        });
        let event: ApiGatewayV2httpRequest =
            serde_json::from_value(event).expect("API Gateway's shape");
        let answer = self.app.server.invoke(function, event);
        Stepped::new(async move { answer.await.status_code })
    }

    pub(crate) fn accept(&self) -> Stepped<i64> {
        let body = json!({ "password": "correct horse battery" });
        self.ask(portico_invitations::accept::FUNCTION, &body)
    }

    /// One run of the function that tells what has run out.
    pub(crate) fn expire(&self) -> Stepped<i64> {
        let trigger = portico_expirer::TRIGGER;
        let event = self.app.server.schedule_event(&trigger);
        let work = self.app.server.work(&trigger, event);
        Stepped::new(async move { if work.await.is_ok() { 200 } else { 500 } })
    }

    /// How it ended: the invitation's status, the client's, and how often each
    /// event was told.
    pub(crate) async fn end(&self) -> (String, String, BTreeMap<String, usize>) {
        let admin = self.app.admin();
        let path = format!("/v1/invitations/{}", self.invitation);
        let invitation = admin.get(&path).await.expect(200);
        let client = admin.get(&format!("/v1/clients/{}", self.client)).await;
        let client = client.body["status"].as_str().unwrap_or("gone").to_owned();
        let events = admin.get("/v1/events").await.expect(200);
        let mut told = BTreeMap::<String, usize>::new();
        let mut sequences = BTreeMap::<String, Vec<u64>>::new();
        for event in events["data"].as_array().expect("a list") {
            let text = |name: &str| event[name].as_str().expect("a text").to_owned();
            *told.entry(text("eventType")).or_default() += 1;
            let sequence = event["sequence"].as_u64().expect("a number");
            sequences
                .entry(text("objectId"))
                .or_default()
                .push(sequence);
        }
        for (object, mut sequence) in sequences {
            sequence.sort_unstable();
            let whole: Vec<u64> = (1..).take(sequence.len()).collect();
            assert_eq!(sequence, whole, "the events of {object}");
        }
        let status = invitation["status"].as_str().expect("a status");
        (status.to_owned(), client, told)
    }
}

/// A dice whose throws a seed decides.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // The generator of Steele, Lea and Flood, "Fast splittable pseudorandom
        // number generators" (2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound as u64).unwrap_or(0)
    }
}

/// Lets all of them come to their end, one step of one of them at a time;
/// `tick` happens before each step.
pub(crate) async fn interleave(
    dice: &mut Dice,
    mut works: Vec<Stepped<i64>>,
    tick: impl Fn(&mut Dice),
) -> Vec<i64> {
    let mut ends: Vec<Option<i64>> = works.iter().map(|_| None).collect();
    loop {
        let under_way: Vec<usize> = (0..works.len()).filter(|at| ends[*at].is_none()).collect();
        if under_way.is_empty() {
            return ends.into_iter().flatten().collect();
        }
        tick(dice);
        let at = under_way[dice.below(under_way.len())];
        if let Step::Done(end) = works[at].step().await {
            ends[at] = Some(end);
        }
    }
}

pub(crate) fn count(told: &BTreeMap<String, usize>, name: &str) -> usize {
    told.get(name).copied().unwrap_or(0)
}

#[tokio::test]
async fn of_several_accepts_exactly_one_succeeds_in_any_order() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let works = (0..3).map(|_| scene.accept()).collect();

        let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

        ends.sort_unstable();
        assert_eq!(ends, [200, 410, 410], "seed {seed}");
        let (status, client, told) = scene.end().await;
        assert_eq!((status.as_str(), client.as_str()), ("accepted", "active"));
        assert_eq!(count(&told, "invitation.accepted"), 1, "seed {seed}");
        assert_eq!(count(&told, "client.activated"), 1, "seed {seed}");
    }
}

#[tokio::test]
async fn of_accepting_and_cancelling_exactly_one_happens_in_any_order() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let cancel = scene.ask(portico_invitations::cancel::FUNCTION, &json!({}));

        let ends = interleave(&mut Dice(seed), vec![scene.accept(), cancel], |_| {}).await;

        let (status, client, told) = scene.end().await;
        match ends[..] {
            [200, 409] => assert_eq!((status.as_str(), client.as_str()), ("accepted", "active")),
            [410, 200] => assert_eq!(
                (status.as_str(), client.as_str()),
                ("cancelled", "notInvited")
            ),
            _ => panic!("seed {seed}: {ends:?}"),
        }
        let both = count(&told, "invitation.accepted") + count(&told, "invitation.cancelled");
        assert_eq!(both, 1, "seed {seed}: {told:?}");
    }
}

#[tokio::test]
async fn of_accepting_and_sending_again_exactly_one_happens_in_any_order() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        scene.app.server.pass(Duration::from_mins(1) + MARGIN);
        let resend = scene.ask(portico_invitations::resend::FUNCTION, &json!({}));

        let ends = interleave(&mut Dice(seed), vec![scene.accept(), resend], |_| {}).await;

        let (status, client, _) = scene.end().await;
        match ends[..] {
            [200, 409] => assert_eq!((status.as_str(), client.as_str()), ("accepted", "active")),
            [410, 200] => assert_eq!((status.as_str(), client.as_str()), ("pending", "invited")),
            _ => panic!("seed {seed}: {ends:?}"),
        }
    }
}

#[tokio::test]
async fn of_accepting_and_expiring_exactly_one_happens_in_any_order() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        // The last of its seconds passes somewhere in between.
        scene
            .app
            .server
            .pass(WEEK.saturating_sub(Duration::from_secs(1)));
        let works = vec![scene.accept(), scene.expire(), scene.expire()];
        let tick = |dice: &mut Dice| {
            if dice.below(8) == 0 {
                scene.app.server.pass(Duration::from_millis(500));
            }
        };

        let ends = interleave(&mut Dice(seed), works, tick).await;
        scene.app.server.pass(MARGIN);
        interleave(&mut Dice(seed), vec![scene.expire()], |_| {}).await;

        let (status, client, told) = scene.end().await;
        match ends[0] {
            200 => assert_eq!((status.as_str(), client.as_str()), ("accepted", "active")),
            410 => assert_eq!(
                (status.as_str(), client.as_str()),
                ("expired", "notInvited")
            ),
            _ => panic!("seed {seed}: {ends:?}"),
        }
        let both = count(&told, "invitation.accepted") + count(&told, "invitation.expired");
        assert_eq!(both, 1, "seed {seed}: {told:?}");
    }
}

#[tokio::test]
async fn whoever_accepts_while_being_archived_is_archived_and_not_half_in() {
    for seed in 0..races() {
        let scene = Scene::new(seed).await;
        let archive = scene.ask(portico_clients::archive::FUNCTION, &json!({}));

        let ends = interleave(&mut Dice(seed), vec![scene.accept(), archive], |_| {}).await;

        let (status, client, told) = scene.end().await;
        assert_eq!(client, "gone", "seed {seed}: {ends:?} {told:?}");
        assert_eq!(count(&told, "client.archived"), 1, "seed {seed}");
        match ends[..] {
            [200, 200] => assert_eq!(status, "accepted"),
            [410, 200] => assert_eq!(status, "cancelled"),
            _ => panic!("seed {seed}: {ends:?}"),
        }
    }
}

/// Three accepts of an invitation to the team, or one and what ends it.
#[tokio::test]
async fn of_several_who_join_the_team_or_end_that_exactly_one_succeeds_in_any_order() {
    use portico_internal_users::{invite, remove, withdraw};
    for seed in 0..races() {
        for against in [
            None,
            Some(withdraw::FUNCTION),
            Some(invite::FUNCTION),
            Some(remove::FUNCTION),
        ] {
            let scene = Scene::of_member(seed).await;
            scene.app.server.pass(Duration::from_mins(1) + MARGIN);
            let mut works = vec![scene.accept(), scene.accept()];
            works.extend(against.map(|function| scene.ask(function, &json!({}))));

            let mut ends = interleave(&mut Dice(seed), works, |_| {}).await;

            let other = (ends.len() == 3).then(|| ends.pop()).flatten();
            ends.sort_unstable();
            let (status, told) = scene.member_end().await;
            let joined = told.iter().filter(|status| *status == "active").count();
            let name = against.map_or("join", |function| function.route.name);
            match (name, &*ends, other) {
                (
                    "join" | "internal-users-withdraw" | "internal-users-invite",
                    [200, 410],
                    None | Some(409),
                ) => {
                    assert_eq!((&*status, joined), ("active", 1), "seed {seed}");
                }
                ("internal-users-withdraw", [410, 410], Some(200)) => {
                    assert_eq!((&*status, joined), ("notInvited", 0), "seed {seed}");
                }
                ("internal-users-invite", [410, 410], Some(200)) => {
                    assert_eq!((&*status, joined), ("invited", 0), "seed {seed}");
                }
                // Whoever is removed is out, had it joined before or not.
                ("internal-users-remove", [200 | 410, 410], Some(200)) => {
                    assert_eq!(status, "gone", "seed {seed}");
                }
                _ => panic!("seed {seed}, {name}: {ends:?} {other:?}"),
            }
        }
    }
}
