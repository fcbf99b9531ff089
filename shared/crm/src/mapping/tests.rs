//! What mappings accept, and what they make.

use super::*;
use portico_domain::{Event, EventType, IdSource, Moment, Time, sample};
use serde_json::json;

const RULES: Rules = Rules {
    field: "settings.mapping.contact",
    usual: &[
        ("firstname", &["givenName"]),
        ("lastname", &["familyName", "name"]),
        ("jobtitle", &["position"]),
    ],
    known: CLIENT_FIELDS,
};

fn event(kind: EventType) -> Event {
    let ids = IdSource::new();
    let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);
    sample(kind, moment.id(), moment).expect("every type has a sample")
}

fn read(given: Value) -> Result<Mapping, Invalid> {
    let Value::Object(given) = given else {
        panic!("an object")
    };
    Mapping::read(&RULES, &given, &["email"])
}

fn applied(mapping: &Mapping, event: &Event) -> Value {
    let story = Story::plain(event);
    let value = |mapped| match mapped {
        Mapped::Value(value) => value,
        Mapped::Cleared => json!("<cleared>"),
    };
    let mapped = mapping.apply(&event.data, &story).into_iter();
    Value::Object(
        mapped
            .map(|(name, mapped)| (name.to_owned(), value(mapped)))
            .collect(),
    )
}

#[test]
fn what_is_given_replaces_adds_and_takes_away() {
    let mapping = read(json!({
        "firstname": null,
        "jobtitle": "status",
        "lifecyclestage": { "value": "customer" },
        "score": { "value": 5 },
    }));

    let applied = applied(&mapping.expect("valid"), &event(EventType::ClientCreated));

    let expected = json!({ "jobtitle": "notInvited", "lastname": "Doe", "lifecyclestage": "customer", "score": 5 });
    assert_eq!(applied, expected);
}

#[test]
fn an_empty_field_is_left_alone_unless_it_has_just_become_empty() {
    let mapping = read(json!({ "firstname": null })).expect("valid");
    let mut event = event(EventType::ClientCreated);
    event.data["familyName"] = json!("");

    assert_eq!(applied(&mapping, &event), json!({ "lastname": "John Doe" }));
    let previous = json!({ "position": "Head of Rides" });
    event.previous_attributes = previous.as_object().cloned();
    assert_eq!(
        applied(&mapping, &event),
        json!({ "lastname": "John Doe", "jobtitle": "<cleared>" })
    );
}

#[test]
fn lists_and_what_lies_deeper_become_texts() {
    let mapping =
        read(json!({ "tier": "customFields.tier", "all": "customFields", "ids": "companyIds" }));
    let mut event = event(EventType::ClientCreated);
    event.data["customFields"] = json!({ "tier": ["gold", "press; radio"] });
    event.data["companyIds"] = json!(["1", "2"]);

    let applied = applied(&mapping.expect("valid"), &event);

    assert_eq!(applied["tier"], "gold;press, radio");
    assert_eq!(applied["all"], r#"{"tier":["gold","press; radio"]}"#);
    assert_eq!(applied["ids"], "1;2");
}

#[test]
fn what_cannot_be_is_refused_by_name_of_property() {
    let many: Map<String, Value> = (0..60).map(|n| (format!("p{n}"), json!("name"))).collect();
    for (given, field) in [
        (
            json!({ "jobtitle": "salary" }),
            "settings.mapping.contact.jobtitle",
        ),
        (
            json!({ "jobtitle": "name." }),
            "settings.mapping.contact.jobtitle",
        ),
        (
            json!({ "jobtitle": [] }),
            "settings.mapping.contact.jobtitle",
        ),
        (
            json!({ "jobtitle": 5 }),
            "settings.mapping.contact.jobtitle",
        ),
        (
            json!({ "jobtitle": { "value": null } }),
            "settings.mapping.contact.jobtitle",
        ),
        (
            json!({ "jobtitle": { "value": "a".repeat(1_001) } }),
            "settings.mapping.contact.jobtitle",
        ),
        (
            json!({ "jobtitle": { "valeu": "a" } }),
            "settings.mapping.contact.jobtitle",
        ),
        (json!({ "Email": "name" }), "settings.mapping.contact.Email"),
        (
            json!({ "job title": "name" }),
            "settings.mapping.contact.job title",
        ),
        (json!({ "../x": "name" }), "settings.mapping.contact.../x"),
        (Value::Object(many), "settings.mapping.contact"),
    ] {
        let refused = read(given).expect_err("it is refused");
        assert_eq!(
            (refused.field.as_str(), refused.code),
            (field, "mapping_invalid")
        );
    }
}

#[test]
fn the_fields_that_can_be_mapped_are_those_that_there_are() {
    for (kind, known) in [
        (EventType::ClientCreated, CLIENT_FIELDS),
        (EventType::CompanyCreated, COMPANY_FIELDS),
    ] {
        let event = event(kind);
        let fields: Vec<&str> = event.data.keys().map(String::as_str).collect();
        let known: Vec<&str> = known.to_vec();
        let fields: Vec<&str> = fields
            .into_iter()
            .filter(|name| !["object", "isPlaceholder"].contains(name))
            .collect();
        assert_eq!(fields, known);
    }
}
