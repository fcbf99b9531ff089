//! Avatars and icons: taken, kept small, loaded without a key, replaced.

use e2e::{Answer, Receiver, TestApp, id};
use image::{DynamicImage, GenericImageView, ImageFormat, RgbImage};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::{io::Cursor, time::Duration};

/// A picture of one colour.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    file(width, height, ImageFormat::Png)
}

fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = DynamicImage::from(RgbImage::new(width, height));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("it is written");
    bytes.into_inner()
}

async fn ada(app: &TestApp) -> Value {
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

fn path(client: &Value) -> String {
    format!("/v1/clients/{}/avatar", id(client))
}

async fn set(app: &TestApp, client: &Value, picture: Vec<u8>) -> Answer {
    let admin = app.admin().with("content-type", "application/octet-stream");
    admin.send_bytes("PUT", &path(client), Some(picture)).await
}

fn address(thing: &Value) -> String {
    let name = match thing["object"].as_str() {
        Some("client") => "avatarImageUrl",
        _ => "iconImageUrl",
    };
    thing[name].as_str().expect("an address").to_owned()
}

#[tokio::test]
async fn an_avatar_is_kept_small_and_loads_in_a_browser_without_a_key() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let client = ada(&app).await;
    app.register(&receiver, &["client.updated"]).await;

    let after = set(&app, &client, file(1_000, 500, ImageFormat::Jpeg))
        .await
        .expect(200);
    app.settle().await;

    let loaded = app.nobody().get(&address(&after)).await;
    assert_eq!(loaded.status, 200);
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(loaded.headers[name], value, "{name}");
    }
    let picture = image::load_from_memory(&loaded.bytes).expect("a picture");
    assert_eq!(picture.dimensions(), (512, 256));
    let event = receiver.received()[0].event();
    assert_eq!(event["data"]["avatarImageUrl"], after["avatarImageUrl"]);
    assert_eq!(
        event["previousAttributes"],
        json!({ "avatarImageUrl": null })
    );
    let found = app
        .admin()
        .get(&format!("/v1/clients/{}", id(&client)))
        .await;
    assert_eq!(found.expect(200), after);
}

#[tokio::test]
async fn a_replaced_picture_is_deleted_and_the_new_one_stays() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    let first = address(&set(&app, &client, png(8, 8)).await.expect(200));
    let second = address(&set(&app, &client, png(9, 9)).await.expect(200));

    assert_ne!(first, second);
    app.advance(Duration::from_mins(1)).await;

    assert_eq!(app.nobody().get(&first).await.status, 404);
    assert_eq!(app.nobody().get(&second).await.status, 200);
    let cleared = app.admin().delete(&path(&client)).await.expect(200);
    assert_eq!(cleared["avatarImageUrl"], json!(null));
    app.admin().delete(&path(&client)).await.expect(200);
    app.advance(Duration::from_mins(1)).await;
    assert_eq!(app.nobody().get(&second).await.status, 404);
    assert!(app.server.aws().bucket().is_empty().expect("it answers"));
}

#[tokio::test]
async fn a_company_has_an_icon_of_its_own_or_a_link() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let link = "https://example.com/icon.png";
    let body = json!({ "name": "Engines", "iconImageUrl": link });
    let company = admin.post("/v1/companies", &body).await.expect(200);
    assert_eq!(address(&company), link);
    let path = format!("/v1/companies/{}", id(&company));

    let icon = format!("{path}/icon");
    let set = admin
        .send_bytes("PUT", &icon, Some(png(8, 8)))
        .await
        .expect(200);
    assert_eq!(
        app.nobody().get(&address(&set)).await.headers["content-type"],
        "image/png"
    );
    let back = json!({ "iconImageUrl": link });
    let back = admin.patch(&path, &back).await.expect(200);
    assert_eq!(address(&back), link);
    let cleared = admin.delete(&icon).await.expect(200);
    assert_eq!(cleared["iconImageUrl"], "");
    app.advance(Duration::from_mins(1)).await;
    assert!(app.server.aws().bucket().is_empty().expect("it answers"));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    let mut bomb = png(1, 1);
    // Its header says 60 000 pixels each way, with the checksum of that.
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);

    for (body, code) in [
        (b"GIF89a".to_vec(), "picture_unsupported"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "picture_unsupported",
        ),
        (Vec::new(), "picture_unsupported"),
        (png(8_193, 1), "picture_too_large"),
        (png(64, 64)[..60].to_vec(), "picture_damaged"),
    ] {
        let refused = set(&app, &client, body).await;
        assert_eq!(refused.problem(400, code), Some("body"), "{code}");
    }
    let refused = set(&app, &client, bomb).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let large = set(&app, &client, vec![0xff; 4_500_001]).await;
    large.problem(413, "body_too_large");
    assert_eq!(
        large.body["message"],
        "the picture has 4500001 bytes; the limit is 4500000, a JPG or PNG of 4.5 MB"
    );
    let form = app
        .admin()
        .with("content-type", "multipart/form-data; boundary=x");
    let form = form
        .send_bytes("PUT", &path(&client), Some(b"--x\r\n".to_vec()))
        .await;
    form.problem(400, "picture_unsupported");
    let told = form.body["message"].as_str().unwrap_or_default();
    assert!(told.contains("--data-binary"), "{told}");
    assert!(app.server.aws().bucket().is_empty().expect("it answers"));
}

#[tokio::test]
async fn a_photograph_as_phones_make_them_is_taken() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    let mut photograph = file(4_000, 3_000, ImageFormat::Jpeg);
    // What is behind the end of a picture is not looked at; here it stands for
    // the details that one of a single colour has not.
    photograph.resize(4_500_000, 0);

    let after = set(&app, &client, photograph).await.expect(200);

    let loaded = app.nobody().get(&address(&after)).await;
    let picture = image::load_from_memory(&loaded.bytes).expect("a picture");
    assert_eq!(picture.dimensions(), (512, 384));
}

#[tokio::test]
async fn a_client_has_a_link_to_a_picture_from_its_beginning_until_it_is_cleared() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let link = "https://example.com/ada.png";
    let ada = json!({ "name": "Ada", "email": "ada@example.com", "avatarImageUrl": link });
    let ada = admin.post("/v1/clients", &ada).await.expect(200);
    assert_eq!(ada["avatarImageUrl"], link);
    let bob = json!({ "name": "Bob", "email": "bob@example.com", "avatarImageUrl": link });
    let added = admin
        .post("/v1/clients/batch", &json!({ "clients": [bob] }))
        .await
        .expect(200);
    assert_eq!(added["data"][0]["resource"]["avatarImageUrl"], link);

    let path = format!("/v1/clients/{}", id(&ada));
    let names = json!({ "givenName": "Ada", "familyName": "King" });
    let replaced = admin
        .send("PUT", &path, Some(names.to_string()))
        .await
        .expect(200);
    assert_eq!(
        replaced["avatarImageUrl"], link,
        "it stays unless it is given"
    );
    let other = "https://example.com/countess.png";
    let other = json!({ "givenName": "Ada", "familyName": "King", "avatarImageUrl": other });
    let replaced = admin
        .send("PUT", &path, Some(other.to_string()))
        .await
        .expect(200);
    assert_eq!(replaced["avatarImageUrl"], other["avatarImageUrl"]);
    for nothing in [json!(""), json!(null)] {
        let link = json!({ "avatarImageUrl": link });
        admin.patch(&path, &link).await.expect(200);
        let cleared = json!({ "avatarImageUrl": nothing });
        let cleared = admin.patch(&path, &cleared).await.expect(200);
        assert_eq!(cleared["avatarImageUrl"], json!(null));
    }
    let wrong = json!({ "avatarImageUrl": "http://example.com/ada.png" });
    let refused = admin.patch(&path, &wrong).await;
    assert_eq!(refused.problem(400, "url_invalid"), Some("avatarImageUrl"));
}

#[tokio::test]
async fn a_picture_whose_address_is_written_back_stays() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let client = ada(&app).await;
    let company = json!({ "name": "Engines" });
    let company = admin.post("/v1/companies", &company).await.expect(200);
    for (thing, picture, place) in [
        (
            format!("/v1/clients/{}", id(&client)),
            "avatar",
            "avatarImageUrl",
        ),
        (
            format!("/v1/companies/{}", id(&company)),
            "icon",
            "iconImageUrl",
        ),
    ] {
        let set = admin
            .send_bytes("PUT", &format!("{thing}/{picture}"), Some(png(8, 8)))
            .await
            .expect(200);

        let back = json!({ place: set[place] });
        let after = admin.patch(&thing, &back).await.expect(200);
        app.advance(Duration::from_mins(1)).await;

        assert_eq!(after[place], set[place]);
        assert_eq!(app.nobody().get(&address(&after)).await.status, 200);
    }
}

#[tokio::test]
async fn a_picture_whose_change_fails_is_not_kept() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    app.server.aws().inject(|call: &Call| {
        (call.operation == "TransactWriteItems").then_some(Fault::Refuse("ValidationException"))
    });

    let failed = set(&app, &client, png(8, 8)).await;
    app.server.aws().heal();

    failed.problem(503, "unavailable");
    assert!(app.server.aws().bucket().is_empty().expect("it answers"));
    app.server
        .aws()
        .inject(|call: &Call| (call.service == "s3").then_some(Fault::Refuse("SlowDown")));
    let failed = set(&app, &client, png(8, 8)).await;
    app.server.aws().heal();
    failed.problem(503, "unavailable");
    set(&app, &client, png(8, 8)).await.expect(200);
}

#[tokio::test]
async fn names_that_no_picture_has_lead_nowhere() {
    let app = TestApp::start().await;

    for name in [
        "x.png",
        "..%2f..%2fportico.json",
        &format!("{}.svg", "0".repeat(40)),
        &format!("{}.png", "0".repeat(40)),
    ] {
        let answer = app.nobody().get(&format!("/media/{name}")).await;
        assert_eq!(answer.status, 404, "{name}");
    }
}

#[tokio::test]
async fn pictures_survive_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let app = TestApp::start_in(directory.path()).await;
    let client = ada(&app).await;
    let url = address(&set(&app, &client, png(8, 8)).await.expect(200));
    let name = url.rsplit('/').next().expect("a name").to_owned();
    drop(app);

    let app = TestApp::start_in(directory.path()).await;

    assert_eq!(
        app.nobody().get(&format!("/media/{name}")).await.status,
        200
    );
}

#[tokio::test]
async fn a_purged_client_takes_its_picture_along() {
    let app = TestApp::start().await;
    let client = ada(&app).await;
    let url = address(&set(&app, &client, png(8, 8)).await.expect(200));

    let purge = format!("/v1/clients/{}/purge", id(&client));
    app.admin().post(&purge, &json!({})).await.expect(200);
    app.advance(Duration::from_mins(1)).await;

    assert_eq!(app.nobody().get(&url).await.status, 404);
}

#[tokio::test]
async fn a_client_sets_its_own_picture_which_its_colleagues_see() {
    let app = TestApp::start().await;
    let company = json!({ "name": "Engines" });
    let company = app
        .admin()
        .post("/v1/companies", &company)
        .await
        .expect(200);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(id(&company)))
        .await;
    let charles = app
        .client("Charles Babbage", "charles@example.com", Some(id(&company)))
        .await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.updated"]).await;
    let own = "/portal/me/avatar";

    let me = ada.actor.send_bytes("PUT", own, Some(png(8, 8))).await;
    let me = me.expect(200);
    app.settle().await;

    let url = address(&me);
    assert_eq!(app.nobody().get(&url).await.status, 200);
    let team = charles.actor.get("/portal/team").await.expect(200);
    assert_eq!(team["data"][0]["avatarImageUrl"], url);
    let told = receiver.received();
    assert_eq!(told.len(), 1);
    let event = told[0].event();
    assert_eq!(
        event["previousAttributes"],
        json!({ "avatarImageUrl": null })
    );
    let log = "/v1/audit-log?eventType=client.updated";
    let log = app.admin().get(log).await.expect(200);
    assert_eq!(log["data"][0]["actorId"], ada.id, "{log}");

    let second = ada.actor.send_bytes("PUT", own, Some(png(9, 9))).await;
    assert_ne!(address(&second.expect(200)), url);
    let cleared = ada.actor.delete(own).await.expect(200);
    assert_eq!(cleared["avatarImageUrl"], json!(null));
    let again = ada.actor.delete(own).await.expect(200);
    assert_eq!(again, cleared, "nothing changed");
    app.advance(Duration::from_mins(1)).await;
    assert!(app.server.aws().bucket().is_empty().expect("it answers"));
}

#[tokio::test]
async fn a_clients_picture_is_checked_like_the_teams() {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let own = "/portal/me/avatar";

    let gif = ada.actor.send_bytes("PUT", own, Some(b"GIF89a".to_vec()));
    assert_eq!(gif.await.problem(400, "picture_unsupported"), Some("body"));
    let unseen = ada.actor.with("if-match", "\"another\"");
    for refused in [
        unseen.send_bytes("PUT", own, Some(png(8, 8))).await,
        unseen.delete(own).await,
    ] {
        refused.problem(412, "precondition_failed");
    }
    let nobody = app.nobody().send_bytes("PUT", own, Some(png(8, 8))).await;
    nobody.problem(401, "session_missing");
    let mary = app.team_member("Mary Major", "mary@example.com", "staff");
    let mary = mary.await.actor.delete(own).await;
    mary.problem(403, "client_required");
    assert!(app.server.aws().bucket().is_empty().expect("it answers"));
}
