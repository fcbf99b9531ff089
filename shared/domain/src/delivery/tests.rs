//! The delivery's state machine.

use super::*;
use crate::{Change, EndpointDraft, EndpointPatch, IdSource, Moment};
use proptest::prelude::*;

fn start() -> Time {
    Time::from_unix_millis(1_795_300_000_000)
}

fn delivery(ids: &IdSource) -> WebhookDelivery {
    let moment = Moment::new(start(), ids);
    WebhookDelivery {
        id: moment.id(),
        workspace_id: moment.id(),
        endpoint_id: moment.id(),
        event_id: moment.id(),
        event_type: crate::EventType::ClientCreated.into(),
        lane_id: moment.id(),
        status: DeliveryStatus::Pending,
        due_at: Some(start()),
        attempt_count: 0,
        failures: 0,
        attempts: Vec::new(),
        recovery_id: None,
        created_at: start(),
        updated_at: start(),
        version: 1,
    }
}

fn endpoint(ids: &IdSource) -> Endpoint {
    let moment = Moment::new(start(), ids);
    let draft = EndpointDraft {
        url: "https://example.com/".to_owned(),
        is_enabled: true,
        ..EndpointDraft::default()
    };
    let mut change = Change::by_system(moment);
    Endpoint::create(&mut change, moment.id(), moment.id(), draft, String::new())
}

fn attempt(at: Time) -> Attempt {
    Attempt {
        at,
        latency_ms: 1,
        response_status: Some(500),
        error: None,
        response_excerpt: String::new(),
        note: None,
    }
}

/// What can happen to a delivery.
#[derive(Clone, Debug)]
enum Step {
    Deliver,
    Fail(Option<u64>),
    Postpone(u64),
    Resend,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::Deliver),
        4 => prop::option::of(0_u64..100_000).prop_map(Step::Fail),
        1 => (0_u64..1_000).prop_map(Step::Postpone),
        1 => Just(Step::Resend),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    /// A delivery has a due time exactly while it is not over, it counts every
    /// attempt even when it forgets what the first ones were like, and every
    /// step is a new version.
    #[test]
    fn a_delivery_is_due_until_it_is_over(steps in steps()) {
        let ids = IdSource::new();
        let endpoint = endpoint(&ids);
        let mut now = start();
        let mut delivery = delivery(&ids);
        let mut attempts = 0;
        for step in steps {
            let before = delivery.version;
            match step {
                Step::Deliver | Step::Fail(_) | Step::Postpone(_) if delivery.due_at.is_none() => continue,
                Step::Deliver => {
                    delivery.record(attempt(now), Verdict::Delivered, now);
                    attempts += 1;
                }
                Step::Fail(wait) => {
                    let wait = wait.map(Duration::from_secs);
                    delivery.record(attempt(now), Verdict::Failed(wait), now);
                    attempts += 1;
                }
                Step::Postpone(wait) => {
                    let status = delivery.status;
                    delivery.postpone(now + Duration::from_secs(wait), now);
                    prop_assert_eq!(delivery.status, status);
                }
                Step::Resend => {
                    prop_assert!(delivery.resend(&endpoint, None, now).is_ok());
                    prop_assert_eq!(delivery.due_at, Some(now));
                }
            }
            prop_assert_eq!(delivery.version, before + 1);
            prop_assert_eq!(delivery.attempt_count, attempts);
            prop_assert!(delivery.attempts.len() <= KEPT_ATTEMPTS);
            let is_over = matches!(delivery.status, DeliveryStatus::Delivered | DeliveryStatus::Exhausted);
            prop_assert_eq!(delivery.due_at.is_none(), is_over);
            now = delivery.due_at.unwrap_or(now);
        }
    }
}

#[test]
fn what_is_not_over_is_held_while_its_endpoint_is_disabled() {
    let ids = IdSource::new();
    let endpoint = endpoint(&ids);
    let mut change = Change::by_system(Moment::new(start(), &ids));
    let patch = EndpointPatch {
        is_enabled: Some(false),
        ..EndpointPatch::default()
    };
    let disabled = endpoint.update(&mut change, patch);
    let mut delivery = delivery(&ids);

    let held = delivery.view(&disabled);
    assert_eq!((held.status, held.due_at), (ShownStatus::Held, None));
    assert_eq!(delivery.view(&endpoint).status, ShownStatus::Pending);
    assert_eq!(
        delivery.resend(&disabled, None, start()),
        Err(EndpointDisabled)
    );
    delivery.record(attempt(start()), Verdict::Delivered, start());
    assert_eq!(delivery.view(&disabled).status, ShownStatus::Delivered);
}
