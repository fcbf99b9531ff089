//! The delivery's state machine.

use super::*;
use crate::{IdSource, Moment};
use proptest::prelude::*;

fn delivery(now: Time) -> WebhookDelivery {
    let ids = IdSource::new();
    let moment = Moment::new(now, &ids);
    WebhookDelivery {
        id: moment.id(),
        object: "webhookDelivery".into(),
        workspace_id: moment.id(),
        endpoint_id: moment.id(),
        event_id: moment.id(),
        event_type: EventType::ClientCreated,
        status: DeliveryStatus::Pending,
        due_at: Some(now),
        attempt_count: 0,
        attempts: Vec::new(),
        created_at: now,
        updated_at: now,
        lease: 0,
    }
}

fn attempt(at: Time) -> Attempt {
    Attempt {
        at,
        latency_ms: 1,
        response_status: Some(500),
        error: None,
        response_excerpt: String::new(),
    }
}

proptest! {
    /// A delivery has a due time exactly while it is not over, and it counts
    /// every attempt even when it forgets what the first ones were like.
    #[test]
    fn a_delivery_is_due_until_it_is_over(waits in prop::collection::vec(prop::option::of(0_u64..100_000), 1..40)) {
        let mut now = Time::from_unix_millis(1_795_300_000_000);
        let mut delivery = delivery(now);
        for (count, wait) in (1..).zip(waits) {
            let wait = wait.map(Duration::from_secs);
            delivery.record(attempt(now), Verdict::Failed(wait), now);
            prop_assert_eq!(delivery.attempt_count, count);
            prop_assert!(delivery.attempts.len() <= KEPT_ATTEMPTS);
            prop_assert_eq!(delivery.due_at, wait.map(|wait| now + wait));
            let expected = if wait.is_some() { DeliveryStatus::Waiting } else { DeliveryStatus::Exhausted };
            prop_assert_eq!(delivery.status, expected);
            let Some(due_at) = delivery.due_at else { break };
            now = due_at;
        }
    }
}

#[test]
fn a_delivered_delivery_is_over() {
    let now = Time::from_unix_millis(1_795_300_000_000);
    let mut delivery = delivery(now);

    delivery.record(attempt(now), Verdict::Delivered, now);

    assert_eq!(
        (delivery.status, delivery.due_at),
        (DeliveryStatus::Delivered, None)
    );
}

#[test]
fn a_resend_ends_an_older_lease_and_respects_a_running_one() {
    let now = Time::from_unix_millis(1_795_300_000_000);
    let ids = IdSource::new();
    let moment = Moment::new(now, &ids);
    let url = "https://example.com/".to_owned();
    let endpoint = Endpoint::create(
        moment.id(),
        moment.id(),
        moment,
        url,
        Vec::new(),
        String::new(),
        String::new(),
    );
    let mut delivery = delivery(now);
    delivery.status = DeliveryStatus::InFlight;
    delivery.due_at = Some(now + LEASE);

    assert_eq!(
        delivery.resend(&endpoint, now),
        Err(ResendRefusal::InFlight)
    );
    assert_eq!(delivery.resend(&endpoint, now + LEASE), Ok(()));

    assert_eq!(
        (delivery.status, delivery.lease),
        (DeliveryStatus::Pending, 1)
    );
}
