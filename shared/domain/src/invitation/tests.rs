//! The invitation's state machine against a model, and its edges.

use super::*;
use crate::{ClientDraft, IdSource, Moment, PersonName};
use proptest::prelude::*;

const WEEK: Duration = Duration::from_hours(7 * 24);

/// One client and its invitation, driven through changes.
struct Story {
    ids: IdSource,
    now: Time,
    client: Client,
    invitation: Option<Invitation>,
    events: Vec<Event>,
}

impl Story {
    fn new() -> Self {
        let ids = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let mut change = Change::by_system(Moment::new(now, &ids));
        let name = PersonName {
            given_name: "Ada".into(),
            family_name: "Lovelace".into(),
        };
        let email = Email::parse("email", "ada@example.com").expect("the address is good");
        let draft = ClientDraft::new(name, email);
        let client = Client::create(change.moment, change.moment.id(), draft, Actor::System);
        let client = change.save_client(None, client);
        let events = std::mem::take(&mut change.events);
        Self {
            client,
            invitation: None,
            events,
            now,
            ids,
        }
    }

    /// Applies a rule; what it refuses leaves no trace.
    fn apply<E>(
        &mut self,
        rule: impl FnOnce(&mut Change<'_>, &mut Client, Option<Invitation>) -> Result<Invitation, E>,
    ) -> Result<(), E> {
        let ids = std::mem::take(&mut self.ids);
        let mut change = Change::by_system(Moment::new(self.now, &ids));
        let mut client = self.client.clone();
        let result = rule(&mut change, &mut client, self.invitation.clone()).map(|invitation| {
            self.client = change.save_client(Some(&self.client), client);
            self.invitation = Some(invitation);
            self.events.append(&mut change.events);
        });
        self.ids = ids;
        result
    }

    fn invite(&mut self) -> Result<(), InviteRefusal> {
        self.apply(|change, client, open| {
            Invitation::open(change, client, open, WEEK, Actor::System)
        })
    }

    fn resend(&mut self) -> Result<(), InviteRefusal> {
        self.apply(|change, client, open| open.expect("invited").resend(change, client, WEEK))
    }

    fn cancel(&mut self) -> Result<(), InviteRefusal> {
        self.apply(|change, client, open| open.expect("invited").cancel(change, client))
    }

    fn accept(&mut self, generation: u32) -> Result<(), DeadLink> {
        self.apply(|change, client, open| open.expect("invited").accept(change, client, generation))
    }

    fn told(&self) -> Vec<&'static str> {
        self.events
            .iter()
            .map(|event| event.event_type.name())
            .collect()
    }
}

#[test]
fn an_accepted_invitation_activates_its_client() {
    let mut story = Story::new();

    assert_eq!(story.invite(), Ok(()));
    assert_eq!(story.client.status(story.now), crate::ClientStatus::Invited);
    assert_eq!(story.accept(1), Ok(()));

    assert_eq!(story.client.status(story.now), crate::ClientStatus::Active);
    assert_eq!(
        story.told(),
        [
            "client.created",
            "client.statusChanged",
            "invitation.accepted",
            "client.activated",
            "client.statusChanged"
        ]
    );
    assert_eq!(story.accept(1), Err(DeadLink::Accepted));
    assert_eq!(story.invite(), Err(InviteRefusal::AlreadyActive));
}

#[test]
fn an_invitation_ends_at_its_second() {
    let mut story = Story::new();
    assert_eq!(story.invite(), Ok(()));

    story.now = story.now + WEEK - Duration::from_millis(1);
    assert_eq!(
        story
            .invitation
            .as_ref()
            .map(|i| i.check_link(1, story.now)),
        Some(Ok(()))
    );

    story.now = story.now + Duration::from_millis(1);
    assert_eq!(story.accept(1), Err(DeadLink::Expired));
    assert_eq!(
        story.client.status(story.now),
        crate::ClientStatus::NotInvited
    );
}

#[test]
fn a_new_invitation_tells_first_that_the_old_one_expired() {
    let mut story = Story::new();
    assert_eq!(story.invite(), Ok(()));
    story.now = story.now + WEEK;
    story.events.clear();

    assert_eq!(story.invite(), Ok(()));

    assert_eq!(
        story.told(),
        [
            "invitation.expired",
            "client.statusChanged",
            "client.statusChanged"
        ]
    );
}

#[test]
fn a_link_dies_when_the_invitation_is_sent_again() {
    let mut story = Story::new();
    assert_eq!(story.invite(), Ok(()));
    story.now = story.now + RESEND_PAUSE;

    assert_eq!(story.resend(), Ok(()));

    assert_eq!(story.accept(1), Err(DeadLink::Superseded));
    assert_eq!(story.accept(2), Ok(()));
}

#[test]
fn an_invitation_is_sent_again_once_a_minute_and_five_times_a_day() {
    let mut story = Story::new();
    assert_eq!(story.invite(), Ok(()));
    assert_eq!(story.resend(), Err(InviteRefusal::TooSoon(RESEND_PAUSE)));

    let first = story.now + RESEND_PAUSE;
    for _ in 0..RESENDS_PER_WINDOW {
        story.now = story.now + RESEND_PAUSE;
        assert_eq!(story.resend(), Ok(()));
    }
    story.now = story.now + RESEND_PAUSE;
    let until_first_ages = RESEND_WINDOW.saturating_sub(story.now.since(first));
    assert_eq!(
        story.resend(),
        Err(InviteRefusal::TooSoon(until_first_ages))
    );

    story.now = first + RESEND_WINDOW;
    assert_eq!(story.resend(), Ok(()));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Invite,
    Resend,
    Cancel,
    Accept { generations_old: u32 },
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Invite),
        Just(Step::Resend),
        Just(Step::Cancel),
        (0_u32..3).prop_map(|generations_old| Step::Accept { generations_old }),
        (1_u64..9 * 24 * 60).prop_map(|minutes| Step::Wait(minutes * 60)),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    /// Whatever happens in whatever order: the status follows from the
    /// invitation, an active client stays active, only the newest link of an
    /// open invitation works, and sequences have no gaps.
    #[test]
    fn no_order_of_steps_breaks_an_invitation(steps in steps()) {
        let mut story = Story::new();
        for step in steps {
            let was_active = story.client.activated_at.is_some();
            let open = story.invitation.clone().filter(|i| i.status_at(story.now) == InvitationStatus::Pending);
            match step {
                Step::Wait(seconds) => story.now = story.now + Duration::from_secs(seconds),
                Step::Invite => {
                    prop_assert_eq!(story.invite().is_ok(), !was_active && open.is_none());
                }
                _ if story.invitation.is_none() => {}
                Step::Resend => { prop_assert!(story.resend().is_err() || open.is_some()); }
                Step::Cancel => prop_assert_eq!(story.cancel().is_ok(), open.is_some()),
                Step::Accept { generations_old } => {
                    let current = story.invitation.as_ref().map_or(0, |i| i.generation);
                    let accepted = story.accept(current.saturating_sub(generations_old)).is_ok();
                    prop_assert_eq!(accepted, open.is_some() && (generations_old == 0 || current == 0));
                }
            }
            let pending = story.invitation.as_ref().is_some_and(|i| i.status_at(story.now) == InvitationStatus::Pending);
            let status = story.client.status(story.now);
            prop_assert_eq!(status == crate::ClientStatus::Invited, pending);
            prop_assert!(!was_active || status == crate::ClientStatus::Active);
        }
        let mut counted = std::collections::BTreeMap::<_, u64>::new();
        for event in &story.events {
            let sequence = counted.entry(event.object_id).or_default();
            *sequence += 1;
            prop_assert_eq!(event.sequence, *sequence);
        }
        prop_assert!(story.events.is_sorted_by_key(|event| event.id));
    }
}
