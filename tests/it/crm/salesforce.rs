//! Salesforce.

use super::{
    all_delivered, all_went_to, change, client, company, golden, outcome, path_of, register,
    salesforce_settings,
};
use e2e::{TestApp, id, stand_in::salesforce::Salesforce};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn clients_and_companies_are_kept_up_to_date_in_salesforce() {
    let app = TestApp::start().await;
    let salesforce = Salesforce::start().await;
    let settings = salesforce_settings(&salesforce);
    let endpoint = register(&app, json!({ "kind": "salesforce", "settings": settings })).await;
    let engines = company(&app, "Engines").await;
    let looms = company(&app, "Looms").await;

    let ada = client(&app, &[&engines]).await;
    app.settle().await;

    all_delivered(&app, &endpoint).await;
    let blanks = [
        (id(&engines), "<engines>"),
        (id(&looms), "<looms>"),
        (id(&ada), "<client>"),
    ];
    insta::assert_snapshot!("requests", golden(&salesforce.stand_in, &blanks));
    {
        let org = salesforce.org();
        assert_eq!(org.contacts[id(&ada)]["LastName"], "Lovelace");
        assert_eq!(
            org.contacts[id(&ada)]["Account"]["Portico_Id__c"],
            id(&engines)
        );
        assert_eq!(org.accounts[id(&looms)]["Name"], "Looms");
    }
    change(
        &app,
        &ada,
        json!({ "companyIds": [id(&looms)], "phone": "" }),
    )
    .await;
    assert_eq!(
        salesforce.org().contacts[id(&ada)]["Account"]["Portico_Id__c"],
        id(&looms)
    );
    assert_eq!(salesforce.org().contacts[id(&ada)]["Phone"], Value::Null);
    change(&app, &ada, json!({ "companyIds": [] })).await;
    assert_eq!(
        salesforce.org().contacts[id(&ada)]["AccountId"],
        Value::Null
    );
    all_delivered(&app, &endpoint).await;
    all_went_to(&app, &endpoint, &salesforce.stand_in.base).await;
    assert_eq!(salesforce.org().tokens_given(), 1, "it was used again");
}

#[tokio::test]
async fn a_salesforce_token_is_renewed_when_it_is_old_or_the_session_is_over() {
    let app = TestApp::start().await;
    let salesforce = Salesforce::start().await;
    let settings = salesforce_settings(&salesforce);
    let endpoint = register(&app, json!({ "kind": "salesforce", "settings": settings })).await;
    company(&app, "Engines").await;
    app.settle().await;
    assert_eq!(salesforce.org().tokens_given(), 1);

    salesforce.org().end_sessions();
    company(&app, "Looms").await;
    app.settle().await;
    assert_eq!(salesforce.org().tokens_given(), 2);
    app.advance(Duration::from_mins(11)).await;
    company(&app, "Mills").await;
    app.settle().await;

    assert_eq!(salesforce.org().tokens_given(), 3);
    assert_eq!(salesforce.org().accounts.len(), 3);
    all_delivered(&app, &endpoint).await;
}

#[tokio::test]
async fn what_salesforce_refuses_is_told_and_tried_again() {
    let app = TestApp::start().await;
    let salesforce = Salesforce::start().await;
    let mut settings = salesforce_settings(&salesforce);
    settings["clientSecret"] = json!("wrong");
    let endpoint = register(&app, json!({ "kind": "salesforce", "settings": settings })).await;
    company(&app, "Engines").await;
    app.settle().await;

    let (status, attempt) = outcome(&app, &endpoint, "company.created").await;
    assert_eq!(
        (
            status.as_str(),
            &attempt["responseStatus"],
            &attempt["error"]
        ),
        ("waiting", &json!(400), &json!("token_refused"))
    );
    let test = format!("{}/test", path_of(&endpoint));
    let tested = app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(
        (&tested["success"], &tested["attempt"]["error"]),
        (&json!(false), &json!("token_refused"))
    );
    let settings = json!({ "settings": salesforce_settings(&salesforce) });
    app.admin()
        .patch(&path_of(&endpoint), &settings)
        .await
        .expect(200);
    let tested = app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(tested["success"], true, "{tested}");
    let mut mapped = salesforce_settings(&salesforce);
    mapped["mapping"] = json!({ "contact": { "Tier__c": "tags" } });
    app.admin()
        .patch(&path_of(&endpoint), &json!({ "settings": mapped }))
        .await
        .expect(200);
    let tested = app.admin().post(&test, &json!({})).await.expect(200);
    let told = tested["attempt"]["responseExcerpt"].to_string();
    assert!(
        tested["success"] == false && told.contains("'Tier__c'"),
        "{tested}"
    );
    app.admin()
        .patch(&path_of(&endpoint), &settings)
        .await
        .expect(200);
    assert!(
        salesforce.org().accounts.is_empty(),
        "a test writes nothing"
    );
    app.advance(Duration::from_secs(10)).await;
    all_delivered(&app, &endpoint).await;
    assert_eq!(salesforce.org().accounts.len(), 1);
}
