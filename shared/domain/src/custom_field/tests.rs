use super::*;
use crate::{IdSource, Moment};
use serde_json::{Map, Value, json};

struct Story {
    ids: IdSource,
    set: FieldSet,
    events: Vec<Event>,
}

impl Story {
    fn new(entity: FieldEntity) -> Self {
        Self {
            ids: IdSource::new(),
            set: FieldSet::new(WorkspaceId::from_bytes([7; 16]), entity),
            events: Vec::new(),
        }
    }

    fn run<T>(&mut self, rule: impl FnOnce(&mut FieldSet, &mut Change<'_>) -> T) -> T {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let mut change = Change::by_system(Moment::new(now, &self.ids));
        let answer = rule(&mut self.set, &mut change);
        self.events.append(&mut change.events);
        answer
    }

    fn add(&mut self, name: &str, kind: FieldType, labels: &[&str]) -> CustomFieldId {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let draft = FieldDraft::new("customFields[0]", name, kind, &labels).expect("fine");
        self.run(|set, change| set.add(change, draft))
            .expect("fine");
        self.set.fields.last().expect("it is there").id
    }

    fn check(&self, values: Value) -> Result<Value, Invalid> {
        let Value::Object(values) = values else {
            unreachable!("values are objects")
        };
        let change = self.set.check(values)?;
        let mut stored = CustomValues::default();
        stored.merge(change);
        Ok(stored.shown().map_or(Value::Null, Value::Object))
    }

    fn keys(&self) -> Vec<&str> {
        self.set.present().map(|field| field.key.as_str()).collect()
    }
}

fn all_types() -> Story {
    let mut story = Story::new(FieldEntity::Client);
    for (name, kind) in [
        ("Text", FieldType::Text),
        ("Number", FieldType::Number),
        ("Email", FieldType::Email),
        ("Url", FieldType::Url),
        ("Phone Number", FieldType::PhoneNumber),
        ("Address", FieldType::Address),
    ] {
        story.add(name, kind, &[]);
    }
    story.add("Tags", FieldType::MultiSelect, &["Sample Tag", "VIP"]);
    story
}

#[test]
fn each_type_takes_what_it_is_made_for() {
    let story = all_types();
    let values = json!({
        "text": "two\nlines", "number": 1.5, "email": "a@example.com", "url": "http://example.com/a",
        "phoneNumber": "+18185552345", "address": "1201 Broadway", "tags": ["vip", "sampleTag", "vip"],
    });

    let stored = story.check(values).expect("all are fine");

    assert_eq!(
        stored,
        json!({
            "text": "two\nlines", "number": 1.5, "email": "a@example.com",
            "url": "http://example.com/a", "phoneNumber": "+18185552345",
            "address": { "fullAddress": "1201 Broadway" }, "tags": ["vip", "sampleTag"],
        })
    );
}

#[test]
fn each_type_refuses_the_rest_by_the_path_of_the_value() {
    let story = all_types();
    for (key, value, code) in [
        ("text", json!(1), "custom_field_invalid"),
        ("number", json!("many"), "custom_field_invalid"),
        ("number", json!([1]), "custom_field_invalid"),
        ("number", json!(1e300), "custom_field_invalid"),
        ("email", json!("a@"), "email_invalid"),
        ("url", json!("javascript:alert(1)"), "url_invalid"),
        ("phoneNumber", json!("818-555-2345"), "phone_invalid"),
        ("address", json!(["Oslo"]), "address_invalid"),
        ("tags", json!("vip"), "custom_field_invalid"),
        ("tier", json!("gold"), "custom_field_unknown"),
    ] {
        let refused = story.check(json!({ key: value })).expect_err("it is wrong");
        assert_eq!(
            (refused.field, refused.code),
            (format!("customFields.{key}"), code)
        );
    }
    let refused = story.check(json!({ "tags": ["vip", "gold"] }));
    let refused = refused.expect_err("there is no such option");
    assert_eq!(refused.field, "customFields.tags[1]");
}

#[test]
fn a_value_is_cleared_by_nothing_in_any_form() {
    let story = all_types();
    for key in [
        "text",
        "number",
        "email",
        "url",
        "phoneNumber",
        "address",
        "tags",
    ] {
        for nothing in [json!(""), json!([]), json!(null)] {
            assert_eq!(
                story.check(json!({ key: nothing })),
                Ok(Value::Null),
                "{key}"
            );
        }
    }
}

#[test]
fn values_may_come_as_an_object_or_as_a_text() {
    let expected = Map::from_iter([("tier".to_owned(), json!("gold"))]);

    assert_eq!(
        given_values(Some(&json!({ "tier": "gold" }))),
        Ok(expected.clone())
    );
    assert_eq!(
        given_values(Some(&json!("{\"tier\":\"gold\"}"))),
        Ok(expected)
    );
    for nothing in [None, Some(json!(null)), Some(json!("")), Some(json!({}))] {
        assert_eq!(given_values(nothing.as_ref()), Ok(Map::new()));
    }
    for wrong in [json!([]), json!(5), json!("gold"), json!("[]")] {
        assert!(given_values(Some(&wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn keys_are_unique_and_outlive_a_new_name() {
    let mut story = Story::new(FieldEntity::Company);
    let first = story.add("Tier", FieldType::Text, &[]);
    story.add("tier", FieldType::Text, &[]);

    let patch = FieldPatch {
        name: Some("Level".to_owned()),
        ..FieldPatch::default()
    };
    story
        .run(|set, change| set.update(change, first, patch))
        .expect("fine");

    assert_eq!(story.keys(), ["tier", "tier2"]);
    assert_eq!(story.set.fields[0].name, "Level");
}

#[test]
fn fields_are_moved_to_their_place() {
    let mut story = Story::new(FieldEntity::Client);
    let ids = ["a", "b", "c"].map(|name| story.add(name, FieldType::Text, &[]));
    let mut to = |id, order| {
        let patch = FieldPatch {
            order: Some(order),
            ..FieldPatch::default()
        };
        story
            .run(|set, change| set.update(change, id, patch))
            .expect("fine");
        story.keys().concat()
    };

    assert_eq!(to(ids[2], 0), "cab");
    assert_eq!(to(ids[2], 1), "acb");
    assert_eq!(to(ids[0], 99), "cba");
    assert_eq!(to(ids[0], 2), "cba");
    let moved = story
        .events
        .iter()
        .filter_map(|event| event.event_type.ours());
    let updates = moved.filter(|kind| *kind == EventType::CustomFieldUpdated);
    assert_eq!(updates.count(), 3, "the last moved nothing");
}

#[test]
fn options_are_renamed_moved_and_added_but_not_taken_away() {
    let mut story = Story::new(FieldEntity::Client);
    let id = story.add("Tags", FieldType::MultiSelect, &["Gold", "Silver"]);
    let option = |key: Option<&str>, label: Option<&str>| OptionPatch {
        key: key.map(ToOwned::to_owned),
        label: label.map(ToOwned::to_owned),
        color: None,
    };
    let mut set = |options| {
        let patch = FieldPatch {
            options: Some(options),
            ..FieldPatch::default()
        };
        story.run(|set, change| {
            let mut tried = set.clone();
            tried.update(change, id, patch)?;
            *set = tried;
            let options = &set.fields[0].options;
            let shown = options
                .iter()
                .map(|one| format!("{}={}", one.key, one.label));
            Ok::<_, Invalid>(shown.collect::<Vec<_>>())
        })
    };

    let changed = set(vec![
        option(Some("silver"), None),
        option(None, Some("Bronze")),
        option(Some("gold"), Some("Golden")),
    ]);
    assert_eq!(
        changed,
        Ok(vec![
            "silver=Silver".to_owned(),
            "bronze=Bronze".to_owned(),
            "gold=Golden".to_owned()
        ])
    );
    let refusal = |result: Result<_, Invalid>| result.expect_err("it is wrong").code;
    assert_eq!(
        refusal(set(vec![option(Some("gold"), None)])),
        "option_missing"
    );
    assert_eq!(
        refusal(set(vec![option(Some("tin"), None)])),
        "custom_field_option_unknown"
    );
    let twice = vec![
        option(Some("gold"), None),
        option(Some("silver"), None),
        option(Some("bronze"), None),
        option(None, Some("GOLDEN")),
    ];
    assert_eq!(refusal(set(twice)), "option_taken");
}

#[test]
fn a_deleted_field_takes_no_values_and_keeps_its_key_until_it_is_forgotten() {
    let mut story = Story::new(FieldEntity::Client);
    let id = story.add("Tier", FieldType::Text, &[]);

    story.run(|set, change| set.delete(change, id));

    let refused = story.check(json!({ "tier": "gold" }));
    assert!(refused.is_err_and(|invalid| invalid.code == "custom_field_unknown"));
    story.add("Tier", FieldType::Text, &[]);
    assert_eq!(story.keys(), ["tier2"]);
    story.set.forget("tier");
    story.add("Tier", FieldType::Text, &[]);
    assert_eq!(story.keys(), ["tier2", "tier"]);
}

#[test]
fn there_are_a_hundred_fields_and_two_hundred_options_at_most() {
    let mut story = Story::new(FieldEntity::Client);
    for number in 0..MAX_FIELDS {
        story.add(&format!("Field {number}"), FieldType::Text, &[]);
    }
    let draft = FieldDraft::new("f", "One more", FieldType::Text, &[]).expect("fine");
    let refused = story.run(|set, change| set.clone().add(change, draft));
    assert!(refused.is_err_and(|invalid| invalid.code == "too_many_custom_fields"));

    let labels: Vec<String> = (0..=MAX_OPTIONS)
        .map(|number| format!("o{number}"))
        .collect();
    let draft = FieldDraft::new("f", "Many", FieldType::MultiSelect, &labels).expect("fine");
    let refused = Story::new(FieldEntity::Client).run(|set, change| set.add(change, draft));
    assert!(refused.is_err_and(|invalid| invalid.code == "too_many_options"));
}

#[test]
fn the_values_of_one_client_have_a_limit_together() {
    let mut story = Story::new(FieldEntity::Client);
    let mut values = Map::new();
    for number in 0..20 {
        story.add(&format!("f{number}"), FieldType::Text, &[]);
        values.insert(format!("f{number}"), json!("x".repeat(2_000)));
    }

    let mut stored = CustomValues::default();
    stored.merge(story.set.check(values).expect("each is fine"));

    let refused = stored.refuse_too_many();
    assert!(refused.is_err_and(|invalid| invalid.code == "custom_fields_too_large"));
}
