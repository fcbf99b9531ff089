//! HubSpot.

use super::{
    all_delivered, all_went_to, change, client, company, golden, hubspot_settings, outcome,
    path_of, register,
};
use e2e::{
    TestApp, id,
    stand_in::{
        Told,
        hubspot::{HubSpot, error},
    },
};
use serde_json::{Value, json};
use std::time::Duration;

async fn hubspot_endpoint(app: &TestApp, hubspot: &HubSpot) -> Value {
    register(
        app,
        json!({ "kind": "hubspot", "settings": hubspot_settings(hubspot) }),
    )
    .await
}

#[tokio::test]
async fn clients_and_companies_are_kept_up_to_date_in_hubspot() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let engines = company(&app, "Engines & Co").await;

    let ada = client(&app, &[&engines]).await;
    app.settle().await;

    all_delivered(&app, &endpoint).await;
    let blanks = [(id(&engines), "<company>"), (id(&ada), "<client>")];
    insta::assert_snapshot!("requests", golden(&hubspot.stand_in, &blanks));
    {
        let account = hubspot.account();
        let (number, contact) = &account.contacts["Ada.L@example.com"];
        assert_eq!(
            (&contact["firstname"], &contact["phone"]),
            (&json!("Ada"), &json!("+441234567890"))
        );
        let (company, properties) = &account.companies[id(&engines)];
        assert_eq!(properties["name"], "Engines & Co");
        assert!(
            account
                .associations
                .contains(&(number.clone(), company.clone()))
        );
    }
    change(&app, &ada, json!({ "position": "Analyst", "phone": "" })).await;
    change(&app, &engines, json!({ "name": "Looms" })).await;
    {
        let account = hubspot.account();
        let (_, contact) = &account.contacts["Ada.L@example.com"];
        assert_eq!(
            (&contact["jobtitle"], &contact["phone"]),
            (&json!("Analyst"), &json!(""))
        );
        assert_eq!(account.companies[id(&engines)].1["name"], "Looms");
    }
    change(&app, &ada, json!({ "companyIds": [] })).await;
    assert!(hubspot.account().associations.is_empty());
    all_delivered(&app, &endpoint).await;
    all_went_to(&app, &endpoint, &hubspot.stand_in.base).await;
}

#[tokio::test]
async fn a_client_with_another_address_stays_the_same_contact() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let engines = company(&app, "Engines & Co").await;
    let ada = client(&app, &[&engines]).await;
    app.settle().await;
    let before = hubspot.account().contacts["Ada.L@example.com"].0.clone();

    change(&app, &ada, json!({ "email": "ada@example.com" })).await;
    {
        let account = hubspot.account();
        let (number, contact) = &account.contacts["ada@example.com"];
        assert_eq!(number, &before);
        assert_eq!(contact["email"], "ada@example.com");
        assert_eq!(account.contacts.len(), 1);
        assert_eq!(account.associations.len(), 1);
    }

    // Somebody has made a contact of that address there, or deleted hers.
    for taken in [true, false] {
        {
            let mut account = hubspot.account();
            account.contacts.remove("new@example.com");
            if taken {
                let other = ("777".to_owned(), serde_json::Map::new());
                account.contacts.insert("new@example.com".to_owned(), other);
            }
        }
        change(&app, &ada, json!({ "email": "new@example.com" })).await;
        let number = hubspot.account().contacts["new@example.com"].0.clone();
        assert_eq!(number == "777", taken);
        change(&app, &ada, json!({ "email": "ada@example.com" })).await;
        if !taken {
            assert_eq!(hubspot.account().contacts["ada@example.com"].0, number);
        }
    }
    all_delivered(&app, &endpoint).await;
}

#[tokio::test]
async fn what_is_removed_here_stays_in_hubspot_and_counts_as_delivered() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let ada = client(&app, &[]).await;
    app.settle().await;
    hubspot.stand_in.forget();

    let path = format!("/v1/clients/{}", id(&ada));
    app.admin().delete(&path).await.expect(200);
    app.settle().await;

    assert_eq!(hubspot.stand_in.asked().len(), 0);
    let (status, attempt) = outcome(&app, &endpoint, "client.deleted").await;
    assert_eq!(status, "delivered");
    assert_eq!(
        attempt["note"],
        "what is removed in Portico stays in HubSpot"
    );
    assert_eq!(attempt["responseStatus"], Value::Null);
    let health = app
        .admin()
        .get(&format!("{}/health", path_of(&endpoint)))
        .await
        .expect(200);
    assert_eq!(health["successRate"], 1.0);
}

#[tokio::test]
async fn a_mapping_replaces_adds_and_takes_away_properties() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let mut settings = hubspot_settings(&hubspot);
    settings["companies"] = json!(false);
    settings["mapping"] = json!({ "contact": {
        "phone": null, "jobtitle": "status", "lifecyclestage": { "value": "customer" },
    } });
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": settings })).await;
    let engines = company(&app, "Engines").await;

    client(&app, &[&engines]).await;
    app.settle().await;

    {
        let account = hubspot.account();
        let (_, contact) = &account.contacts["Ada.L@example.com"];
        let expected = json!({
            "firstname": "Ada", "jobtitle": "notInvited", "lastname": "Lovelace", "lifecyclestage": "customer",
        });
        assert_eq!(&json!(contact), &expected);
        assert!(account.companies.is_empty());
    }
    let (status, attempt) = outcome(&app, &endpoint, "company.created").await;
    assert_eq!(status, "delivered");
    assert_eq!(
        attempt["note"],
        "companies are switched off in the settings"
    );
}

#[tokio::test]
async fn what_hubspot_refuses_is_tried_again() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let mut settings = hubspot_settings(&hubspot);
    settings["accessToken"] = json!("pat-na1-old");
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": settings })).await;

    let ada = client(&app, &[]).await;
    app.settle().await;

    let (status, attempt) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(
        (status.as_str(), &attempt["responseStatus"]),
        ("waiting", &json!(401))
    );
    let settings = json!({ "settings": hubspot_settings(&hubspot) });
    app.admin()
        .patch(&path_of(&endpoint), &settings)
        .await
        .expect(200);
    hubspot.stand_in.tell_next(&[
        error(429, "RATE_LIMITS", "You have reached your secondly limit.").after(60),
        Told::json(
            207,
            &json!({ "status": "COMPLETE", "results": [], "numErrors": 1, "errors": [] }),
        ),
    ]);
    app.advance(Duration::from_secs(10)).await;
    let (_, attempt) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(attempt["responseStatus"], 429);
    app.advance(Duration::from_secs(45)).await;
    assert_eq!(hubspot.stand_in.asked().len(), 2, "it asked for a minute");
    app.advance(Duration::from_secs(20)).await;
    let (_, attempt) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(
        (&attempt["responseStatus"], &attempt["error"]),
        (&json!(207), &json!("partial_failure"))
    );
    app.advance(Duration::from_mins(7)).await;
    let (status, _) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(status, "delivered");
    assert_eq!(hubspot.account().contacts.len(), 1);
    // Until it was taken, what happened next had to wait.
    hubspot
        .stand_in
        .tell_next(&[error(500, "INTERNAL_ERROR", "internal error")]);
    change(&app, &ada, json!({ "position": "Analyst" })).await;
    hubspot.stand_in.forget();
    change(&app, &ada, json!({ "position": "Countess" })).await;
    assert_eq!(hubspot.stand_in.asked().len(), 0);
    app.advance(Duration::from_secs(30)).await;
    app.advance(Duration::from_secs(30)).await;
    assert_eq!(
        hubspot.account().contacts["Ada.L@example.com"].1["jobtitle"],
        "Countess"
    );
}

#[tokio::test]
async fn a_test_of_hubspot_makes_no_contact_and_finds_what_is_missing() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let path = format!("{}/test", path_of(&endpoint));

    for (property, error) in [
        (Some(true), Value::Null),
        (Some(false), json!("company_property_not_unique")),
        (None, json!("company_property_missing")),
    ] {
        hubspot.account().company_property = property;
        let tested = app.admin().post(&path, &json!({})).await.expect(200);
        assert_eq!(
            (&tested["success"], &tested["attempt"]["error"]),
            (&json!(error.is_null()), &error)
        );
    }

    hubspot.account().company_property = Some(true);
    for (contact, company, error) in [
        (
            json!({ "lifecyclestage": "status" }),
            json!({}),
            Value::Null,
        ),
        (
            json!({ "lifecycle": "status" }),
            json!({}),
            json!("property_missing"),
        ),
        (
            json!({}),
            json!({ "size": "tags" }),
            json!("property_missing"),
        ),
    ] {
        let mut settings = hubspot_settings(&hubspot);
        settings["mapping"] = json!({ "contact": contact, "company": company });
        app.admin()
            .patch(&path_of(&endpoint), &json!({ "settings": settings }))
            .await
            .expect(200);
        let tested = app.admin().post(&path, &json!({})).await.expect(200);
        assert_eq!(
            (&tested["success"], &tested["attempt"]["error"]),
            (&json!(error.is_null()), &error)
        );
    }
    assert!(hubspot.account().contacts.is_empty());
}

#[tokio::test]
async fn a_test_of_hubspot_asks_for_many_properties_at_once() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let names: Vec<_> = (0..16).map(|number| format!("own_{number}")).collect();
    hubspot.account().own_properties.extend(names.clone());
    let mut settings = hubspot_settings(&hubspot);
    let mapping = names.iter().map(|name| (name.clone(), json!("status")));
    settings["mapping"]["contact"] = mapping.collect();
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": settings })).await;
    let path = format!("{}/test", path_of(&endpoint));

    hubspot
        .stand_in
        .answer_together("/crm/v3/properties/contacts/own_", 8);
    let tested = app.admin().post(&path, &json!({})).await.expect(200);

    assert_eq!(tested["success"], true, "{tested}");
    let asked = hubspot.stand_in.asked();
    let about = |name: &&String| asked.iter().any(|one| one.path.ends_with(*name));
    assert_eq!(names.iter().filter(about).count(), names.len());
}
