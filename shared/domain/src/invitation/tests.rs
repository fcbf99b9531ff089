//! The invitation's state machine against a model, and its edges.

use super::{reminder::REMINDER_LEAD, *};
use crate::{ClientDraft, IdSource, Letter, Moment, PersonName};
use proptest::prelude::*;

const WEEK: Duration = Duration::from_hours(7 * 24);

/// One client and its invitation, driven through changes.
struct Story {
    ids: IdSource,
    now: Time,
    client: Client,
    invitation: Option<Invitation>,
    events: Vec<Event>,
    letters: Vec<Letter>,
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
            letters: Vec::new(),
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
            self.letters.append(&mut change.letters);
        });
        self.ids = ids;
        result
    }

    /// Does what cannot be refused; what becomes of the invitation is in the
    /// change.
    fn happen(&mut self, what: impl FnOnce(&mut Change<'_>, &mut Client, Option<&Invitation>)) {
        let ids = std::mem::take(&mut self.ids);
        let mut change = Change::by_system(Moment::new(self.now, &ids));
        let mut client = self.client.clone();
        what(&mut change, &mut client, self.invitation.as_ref());
        if client != self.client {
            self.client = change.save_client(Some(&self.client), client);
        }
        if let Some(revision) = change.invitations.pop() {
            self.invitation = Some(revision.after);
        }
        self.events.append(&mut change.events);
        self.letters.append(&mut change.letters);
        self.ids = ids;
    }

    /// The invitation that the client has open, as a handler reads it.
    fn open(&self) -> Option<Invitation> {
        let open = self.client.open_invitation?;
        self.invitation.clone().filter(|one| one.id == open.id)
    }

    /// The scheduled function comes by.
    fn look_after(&mut self) {
        let now = self.now;
        self.happen(|change, client, invitation| match invitation {
            Some(one) if one.is_due_to_expire(now) => {
                one.expire(change, Some(client));
            }
            Some(one) if one.is_due_to_remind(now) => {
                one.remind(change, Some(client));
            }
            _ => {}
        });
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
            .filter_map(|event| event.event_type.ours())
            .map(crate::EventType::name)
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

#[test]
fn an_invitation_is_reminded_of_once_for_each_link_two_days_before_its_end() {
    let mut story = Story::new();
    assert_eq!(story.invite(), Ok(()));
    let reminders = |story: &Story| {
        let is_reminder = |letter: &&Letter| matches!(letter.matter, crate::Matter::Invitation { is_reminder, .. } if is_reminder);
        story.letters.iter().filter(is_reminder).count()
    };
    let due = story.now + WEEK - REMINDER_LEAD;
    story.now = due;
    story.look_after();
    assert_eq!(reminders(&story), 0, "its mail has not gone out");

    story.happen(|change, _, open| open.expect("open").mail_sent(change, 1, "m"));
    story.now = due - Duration::from_millis(1);
    story.look_after();
    assert_eq!(reminders(&story), 0);
    story.now = due;
    story.look_after();
    story.look_after();
    assert_eq!(reminders(&story), 1);

    assert_eq!(story.resend(), Ok(()));
    story.happen(|change, _, open| open.expect("open").mail_sent(change, 2, "n"));
    story.now = story.now + WEEK - REMINDER_LEAD;
    story.look_after();
    assert_eq!(reminders(&story), 2);
    // The end is told all the same.
    story.now = story.now + REMINDER_LEAD;
    story.look_after();
    assert!(story.told().contains(&"invitation.expired"));
}

#[derive(Clone, Debug)]
enum Step {
    Invite,
    InviteByHand,
    Resend,
    Cancel,
    Accept { generations_old: u32 },
    Renew { generations_old: u32 },
    Archive,
    Restore,
    LookAfter,
    MailSent,
    MailReported { fate: Fate, generations_old: u32 },
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fate = prop_oneof![
        Just(Fate::Delivered),
        Just(Fate::Delayed("slow".into())),
        Just(Fate::SoftBounced("full".into())),
        Just(Fate::HardBounced("Permanent/General".into())),
        Just(Fate::Complained("abuse".into())),
    ];
    let step = prop_oneof![
        3 => Just(Step::Invite),
        1 => Just(Step::InviteByHand),
        2 => Just(Step::Resend),
        1 => Just(Step::Cancel),
        2 => (0_u32..3).prop_map(|generations_old| Step::Accept { generations_old }),
        2 => (0_u32..3).prop_map(|generations_old| Step::Renew { generations_old }),
        1 => Just(Step::Archive),
        1 => Just(Step::Restore),
        3 => Just(Step::LookAfter),
        2 => Just(Step::MailSent),
        2 => (fate, 0_u32..2).prop_map(|(fate, generations_old)| Step::MailReported { fate, generations_old }),
        3 => (1_u64..9 * 24 * 60).prop_map(|minutes| Step::Wait(minutes * 60)),
    ];
    prop::collection::vec(step, 1..60)
}

/// Somebody asks for a working link with the one of so many generations ago.
fn renew(story: &mut Story, generations_old: u32) -> Result<(), TestCaseError> {
    let before = story.invitation.clone();
    let Some(shown) = &before else { return Ok(()) };
    let was_active = story.client.activated_at.is_some();
    let is_open = shown.status_at(story.now) == InvitationStatus::Pending;
    let is_withdrawn = story
        .client
        .withdrawn_at
        .is_some_and(|at| at >= shown.created_at);
    let (open, generation) = (
        story.open(),
        shown.generation.saturating_sub(generations_old),
    );
    story.happen(|change, client, invitation| {
        if let Some(one) = invitation {
            one.renew(change, client, open, generation, WEEK);
        }
    });
    if story.invitation != before {
        prop_assert!(!is_withdrawn && !story.client.is_archived() && !was_active);
        let link = |one: &Invitation| (one.id, one.generation);
        // The newest link of an open invitation stays as it is.
        let is_same = story.invitation.as_ref().map(link) == before.as_ref().map(link);
        prop_assert!(!is_open || is_same);
    }
    Ok(())
}

/// Takes a step, and checks what it says of itself.
fn take(story: &mut Story, step: Step) -> Result<(), TestCaseError> {
    let was_active = story.client.activated_at.is_some();
    let is_pending = |i: &Invitation| i.status_at(story.now) == InvitationStatus::Pending;
    let open = story.invitation.clone().filter(is_pending);
    let is_by_hand = open
        .as_ref()
        .is_some_and(|i| i.delivery.state == DeliveryState::NotSent);
    let generation = story.invitation.as_ref().map_or(0, |i| i.generation);
    let has_mail = story
        .invitation
        .as_ref()
        .is_some_and(|i| i.delivery.state != DeliveryState::NotSent);
    let now = story.now;
    match step {
        Step::Wait(seconds) => story.now = now + Duration::from_secs(seconds),
        Step::LookAfter => story.look_after(),
        // The handlers find no client who is archived.
        Step::Invite | Step::InviteByHand | Step::Archive if story.client.is_archived() => {}
        Step::Invite => {
            let may = !was_active && (open.is_none() || is_by_hand);
            prop_assert_eq!(story.invite().is_ok(), may);
        }
        Step::InviteByHand => {
            let made = story.apply(|change, client, open| {
                Invitation::open_by_hand(change, client, open, WEEK, Actor::System)
            });
            prop_assert_eq!(made.is_ok(), !was_active && open.is_none());
        }
        Step::Archive => {
            let open = story.open();
            story.happen(|change, client, _| client.archive(change, open.as_ref()));
            let over = story.invitation.as_ref().map(|i| i.status_at(now));
            prop_assert_ne!(over, Some(InvitationStatus::Pending));
        }
        Step::Restore => {
            let was_archived = story.client.is_archived();
            let fields =
                crate::FieldSet::new(story.client.workspace_id, crate::FieldEntity::Client);
            let mut restored = None;
            story.happen(|change, client, _| {
                restored = Some(client.restore(change, &[], &fields, None).is_ok());
            });
            prop_assert_eq!(restored, Some(was_archived));
        }
        _ if story.invitation.is_none() => {}
        // What was never mailed has no mail to hear of.
        Step::MailSent | Step::MailReported { .. } if !has_mail => {}
        Step::Resend => {
            prop_assert!(story.resend().is_err() || open.is_some());
        }
        Step::Cancel => prop_assert_eq!(story.cancel().is_ok(), open.is_some()),
        Step::Accept { generations_old } => {
            let accepted = story.accept(generation.saturating_sub(generations_old));
            prop_assert_eq!(accepted.is_ok(), open.is_some() && generations_old == 0);
        }
        Step::Renew { generations_old } => renew(story, generations_old)?,
        Step::MailSent => story.happen(|change, _, one| {
            if let Some(one) = one {
                one.mail_sent(change, one.generation, "m");
            }
        }),
        Step::MailReported {
            fate,
            generations_old,
        } => {
            let of = generation.saturating_sub(generations_old);
            let report = MailReport {
                fate,
                message_id: "m".into(),
                at: now,
            };
            let before = story.invitation.as_ref().map(|i| i.delivery.clone());
            story.happen(|change, _, one| {
                if let Some(one) = one {
                    one.mail_reported(change, of, &report);
                }
            });
            let after = story.invitation.as_ref().map(|i| i.delivery.clone());
            // What is heard of an earlier link's mail says nothing of this one.
            prop_assert!(generations_old == 0 || before == after);
            let complained = before.is_some_and(|one| one.state == DeliveryState::Complained);
            let is_still = after.is_some_and(|one| one.state == DeliveryState::Complained);
            prop_assert!(!complained || is_still);
        }
    }
    Ok(())
}

proptest! {
    /// Whatever happens in whatever order: the status follows from the
    /// invitation, an active client stays active, only the newest link of an
    /// open invitation works, nobody is reminded twice of a link, and sequences
    /// have no gaps.
    #[test]
    fn no_order_of_steps_breaks_an_invitation(steps in steps()) {
        let mut story = Story::new();
        for step in steps {
            let was_active = story.client.activated_at.is_some();
            take(&mut story, step)?;
            let pending = story.invitation.as_ref().filter(|i| i.status_at(story.now) == InvitationStatus::Pending);
            let is_mailed = pending.is_some_and(|i| i.delivery.state != DeliveryState::NotSent);
            let status = story.client.status(story.now);
            prop_assert_eq!(status == crate::ClientStatus::Invited, is_mailed);
            prop_assert!(!was_active || status == crate::ClientStatus::Active);
            prop_assert!(pending.is_none() || !story.client.is_archived());
        }
        let mut counted = std::collections::BTreeMap::<_, u64>::new();
        for event in &story.events {
            let sequence = counted.entry(event.object_id).or_default();
            *sequence += 1;
            prop_assert_eq!(event.sequence, *sequence);
        }
        prop_assert!(story.events.is_sorted_by_key(|event| event.id));
        let mut reminded = std::collections::BTreeSet::new();
        for letter in &story.letters {
            if let crate::Matter::Invitation { invitation_id, generation, is_reminder: true } = letter.matter {
                prop_assert!(reminded.insert((invitation_id, generation)));
            }
        }
    }
}

#[test]
fn no_mail_is_owed_after_the_end() {
    let cancel: fn(&mut Story) = |story| story.cancel().expect("it is open");
    let accept: fn(&mut Story) = |story| story.accept(1).expect("it is open");
    let expire: fn(&mut Story) = |story| {
        story.now = story.now + WEEK;
        story.look_after();
    };
    for end in [cancel, accept, expire] {
        let mut story = Story::new();
        story.invite().expect("nothing is open");

        end(&mut story);

        let delivery = story.invitation.expect("there is one").delivery;
        assert_eq!(delivery.state, DeliveryState::NotSent);
        // The mail service had taken it in this moment.
        let sent = MailReport::sent("m", story.now);
        assert!(delivery.after(&sent).is_some());
    }
}

#[test]
fn an_invitation_that_was_asked_to_last_keeps_to_it() {
    let workspace_says = Duration::from_hours(24);
    let mut story = Story::new();
    let month = Lifetime {
        days: Some(30),
        usual: workspace_says,
    };
    story
        .apply(|change, client, open| {
            Invitation::open_by_hand(change, client, open, month, Actor::System)
        })
        .expect("nothing is open");

    let again = story.apply(|change, client, open| {
        Invitation::send(change, client, open, workspace_says, Actor::System)
    });

    assert_eq!(again, Ok(()));
    let invitation = story.invitation.expect("there is one");
    assert_eq!(invitation.expires_at, story.now + 30 * workspace_says);
}
