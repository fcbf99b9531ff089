//! The delivery's state machine.

use super::{attempt::MOST, *};
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
        ordered: None,
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
        url: None,
        cause: None,
        recovery_id: None,
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
    /// attempt, keeps the latest itself and gives the earlier ones out in order,
    /// and every step is a new version.
    #[test]
    fn a_delivery_is_due_until_it_is_over(steps in steps()) {
        let ids = IdSource::new();
        let endpoint = endpoint(&ids);
        let mut now = start();
        let mut delivery = delivery(&ids);
        let mut attempts = 0;
        let mut moved = 0;
        for step in steps {
            let before = delivery.version;
            match step {
                Step::Deliver | Step::Fail(_) | Step::Postpone(_) if delivery.due_at.is_none() => continue,
                Step::Deliver | Step::Fail(_) => {
                    let verdict = match step {
                        Step::Fail(wait) => Verdict::Failed(wait.map(Duration::from_secs)),
                        _ => Verdict::Delivered,
                    };
                    attempts += 1;
                    if let Some(earlier) = delivery.record(attempt(now), verdict, now) {
                        prop_assert_eq!(earlier.first, moved + 1);
                        moved += u32::try_from(earlier.attempts.len()).expect("a few");
                    }
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
            prop_assert!(delivery.attempts.len() <= MOST);
            prop_assert_eq!(delivery.first_kept(), moved + 1);
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

    let held = delivery.view(Some(&disabled), None, start());
    assert_eq!((held.status, held.due_at), (ShownStatus::Held, None));
    let status =
        |delivery: &WebhookDelivery, endpoint| delivery.shown_status(endpoint, None, start());
    assert_eq!(status(&delivery, Some(&endpoint)), ShownStatus::Pending);
    assert_eq!(status(&delivery, None), ShownStatus::Cancelled);
    assert_eq!(
        delivery.resend(&disabled, None, start()),
        Err(EndpointDisabled)
    );
    let moved = delivery.record(attempt(start()), Verdict::Delivered, start());
    assert_eq!(moved, None);
    assert_eq!(status(&delivery, Some(&disabled)), ShownStatus::Delivered);
    assert_eq!(status(&delivery, None), ShownStatus::Delivered);
}

#[test]
fn what_is_due_in_a_leased_lane_is_in_flight() {
    let ids = IdSource::new();
    let (endpoint, mut delivery) = (endpoint(&ids), delivery(&ids));
    let soon = start() + Duration::from_secs(30);
    let mut lane = crate::Lane {
        id: delivery.lane_id,
        workspace_id: delivery.workspace_id,
        endpoint_id: endpoint.id,
        rings: 1,
        rung_at: start(),
        lease: 1,
        leased_until: Some(soon),
        woken_for: None,
    };

    let status = |delivery: &WebhookDelivery, lane: &crate::Lane, now| {
        delivery.shown_status(Some(&endpoint), Some(lane), now)
    };
    assert_eq!(status(&delivery, &lane, start()), ShownStatus::InFlight);
    assert_eq!(status(&delivery, &lane, soon), ShownStatus::Pending);
    lane.leased_until = None;
    assert_eq!(status(&delivery, &lane, start()), ShownStatus::Pending);
    lane.leased_until = Some(soon + Duration::from_mins(1));
    delivery.postpone(soon, start());
    assert_eq!(status(&delivery, &lane, start()), ShownStatus::Pending);
    assert_eq!(status(&delivery, &lane, soon), ShownStatus::InFlight);
}

#[test]
fn an_order_to_send_again_keeps_what_a_recovery_did() {
    let ids = IdSource::new();
    let (endpoint, mut delivery) = (endpoint(&ids), delivery(&ids));
    let recovery: RecoveryId = Moment::new(start(), &ids).id();
    let mut send = |order: Option<Option<RecoveryId>>| {
        if let Some(recovery) = order {
            delivery
                .resend(&endpoint, recovery, start())
                .expect("it is enabled");
        }
        let moved = delivery.record(attempt(start()), Verdict::Delivered, start());
        assert_eq!(
            (moved, delivery.recovery_id.is_some()),
            (None, delivery.attempt_count > 1)
        );
        let last = delivery.attempts.last().expect("an attempt");
        (last.cause, last.recovery_id)
    };

    assert_eq!(send(None), (Some(Cause::Schedule), None));
    assert_eq!(
        send(Some(Some(recovery))),
        (Some(Cause::Recovery), Some(recovery))
    );
    assert_eq!(send(Some(None)), (Some(Cause::Resend), None));
}

#[test]
fn one_that_an_earlier_version_ordered_is_sent_for_its_recovery() {
    let ids = IdSource::new();
    let mut delivery = delivery(&ids);
    let recovery: RecoveryId = Moment::new(start(), &ids).id();
    delivery.recovery_id = Some(recovery);

    assert_eq!(delivery.recovery(), Some(recovery));
}
