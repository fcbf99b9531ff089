//! What may become of an endpoint.

use super::*;
use crate::IdSource;
use crate::Moment;

fn start() -> Time {
    Time::from_unix_millis(1_795_300_000_000)
}

fn endpoint(ids: &IdSource) -> Endpoint {
    let moment = Moment::new(start(), ids);
    let draft = EndpointDraft {
        contact_email: Email::parse("contactEmail", "ops@example.com").ok(),
        is_enabled: true,
        ..EndpointDraft::default()
    };
    let mut change = Change::by_system(moment);
    Endpoint::create(
        &mut change,
        moment.id(),
        moment.id(),
        draft,
        "first".to_owned(),
    )
}

#[test]
fn an_old_secret_signs_until_its_time_is_over_and_no_more_than_two_do() {
    let ids = IdSource::new();
    let mut endpoint = endpoint(&ids);
    let day = Duration::from_hours(24);
    for secret in ["second", "third", "fourth"] {
        let mut change = Change::by_system(Moment::new(start(), &ids));
        endpoint = endpoint.rotate_secret(&mut change, secret.to_owned(), day);
    }

    let secrets: Vec<&str> = endpoint.secrets_at(start()).collect();
    assert_eq!(secrets, ["fourth", "third", "second"]);
    let secrets: Vec<&str> = endpoint.secrets_at(start() + day).collect();
    assert_eq!(secrets, ["fourth"]);
}

#[test]
fn a_rotation_without_overlap_leaves_the_new_secret_alone() {
    let ids = IdSource::new();
    let mut change = Change::by_system(Moment::new(start(), &ids));

    let rotated =
        endpoint(&ids).rotate_secret(&mut change, "second".to_owned(), Duration::from_hours(24));
    let after = rotated.rotate_secret(&mut change, "third".to_owned(), Duration::ZERO);

    assert_eq!(after.secrets_at(start()).collect::<Vec<_>>(), ["third"]);
    assert_eq!(after.old_secrets, [], "nor does an earlier one sign");
}

#[test]
fn an_endpoint_is_told_of_what_follows_its_registration_though_clocks_differ() {
    let ids = IdSource::new();
    let mut endpoint = endpoint(&ids);
    endpoint.event_types = vec![EventFilter::parse("eventTypes", "*").unwrap()];
    let event_at = |time| crate::samples(endpoint.workspace_id, Moment::new(time, &ids)).remove(0);

    assert!(endpoint.is_told_of(&event_at(start() + Duration::from_hours(1))));
    assert!(endpoint.is_told_of(&event_at(start() - CLOCK_TOLERANCE * 2)));
    assert!(!endpoint.is_told_of(&event_at(start() - Duration::from_mins(1))));
}

#[test]
fn giving_up_tells_by_event_and_mail_and_by_hand_by_event_alone() {
    let ids = IdSource::new();
    let endpoint = endpoint(&ids);
    let mut given_up = Change::by_system(Moment::new(start(), &ids));
    let mut by_hand = Change::by_system(Moment::new(start(), &ids));
    let off = EndpointPatch {
        is_enabled: Some(false),
        ..EndpointPatch::default()
    };

    endpoint.give_up(&mut given_up, GivenUp::FailingSince(start()));
    endpoint.update(&mut by_hand, off);

    assert_eq!((given_up.events.len(), given_up.letters.len()), (1, 1));
    assert_eq!((by_hand.events.len(), by_hand.letters.len()), (1, 0));
}

#[test]
fn enabling_forgets_failures_and_rings_the_lanes() {
    let ids = IdSource::new();
    let mut change = Change::by_system(Moment::new(start(), &ids));
    let disabled = endpoint(&ids).give_up(&mut change, GivenUp::Gone);
    let later = start() + Duration::from_hours(1);
    let mut change = Change::by_system(Moment::new(later, &ids));
    let on = EndpointPatch {
        is_enabled: Some(true),
        ..EndpointPatch::default()
    };

    let enabled = disabled.update(&mut change, on);

    assert_eq!(enabled.restarts, 1);
    assert_eq!(change.rung_endpoints, [(enabled.workspace_id, enabled.id)]);
}

#[test]
fn what_was_written_before_there_were_kinds_is_standard() {
    let ids = IdSource::new();
    let endpoint = endpoint(&ids);
    let mut item = serde_json::to_value(&endpoint).expect("it serializes");
    let members = item.as_object_mut().expect("an object");
    members.remove("kind");

    let read: Endpoint = serde_json::from_value(item).expect("it is read");

    assert_eq!(read.kind, EndpointKind::Standard);
    assert_eq!(read, endpoint);
}

#[test]
fn other_settings_forget_failures_and_ring_the_lanes() {
    let ids = IdSource::new();
    let mut change = Change::by_system(Moment::new(start(), &ids));
    let patch = EndpointPatch {
        settings: Some(SealedSettings {
            sealed: "sealed".to_owned(),
            view: "{}".to_owned(),
        }),
        ..EndpointPatch::default()
    };

    let after = endpoint(&ids).update(&mut change, patch);

    assert_eq!(after.restarts, 1);
    assert_eq!(change.rung_endpoints.len(), 1);
    assert_eq!(after.view().settings, Some(serde_json::Map::new()));
}
