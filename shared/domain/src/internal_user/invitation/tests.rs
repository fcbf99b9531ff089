use super::*;
use crate::{
    CompanyAccess, Email, IdSource, InternalUserDraft, Matter, Moment, RESENDS_PER_WINDOW, Role,
};
use proptest::prelude::*;

const WEEK: Duration = Duration::from_hours(7 * 24);

fn start() -> Time {
    Time::from_unix_millis(1_795_300_000_000)
}

fn draft() -> InternalUserDraft {
    InternalUserDraft {
        name: PersonName::from_fields(None, None, Some("Mary Major")).expect("a name"),
        email: Email::parse("email", "mary@example.com").expect("an address"),
        role: Role::Staff,
        company_access: CompanyAccess::ALL,
    }
}

/// A team member who was just invited, and the ticket of its link.
fn invited(change: &mut Change<'_>) -> (InternalUser, Ticket) {
    let moment = change.moment;
    let (id, workspace) = (moment.id(), moment.id());
    let invitation = Some((WEEK, Actor::System));
    let user = InternalUser::create(change, id, workspace, draft(), invitation);
    let user = user.expect("nothing is wrong with it");
    (user, newest(change))
}

fn newest(change: &Change<'_>) -> Ticket {
    change.tickets.last().expect("a ticket").after.clone()
}

/// What happens at `later`, in a change of its own.
fn later<T>(later: Duration, ids: &IdSource, rule: impl FnOnce(&mut Change<'_>) -> T) -> T {
    rule(&mut Change::by_system(Moment::new(start() + later, ids)))
}

#[test]
fn adding_and_inviting_is_one_change_with_one_event_and_one_letter() {
    let ids = IdSource::new();
    later(Duration::ZERO, &ids, |change| {
        let (user, ticket) = invited(change);

        assert_eq!(user.status_at(start()), MemberStatus::Invited);
        assert_eq!((change.internal_users.len(), change.events.len()), (1, 1));
        assert_eq!(change.events[0].data["status"], "invited");
        let matter = Matter::Ticket {
            ticket_id: ticket.id,
            mail: TicketMail::Link,
        };
        assert_eq!(change.letters[0].matter, matter);
        assert_eq!(change.notes[0].event_type, "internalUser.invited");
    });
}

#[test]
fn sending_again_makes_the_old_link_dead_and_is_limited() {
    let ids = IdSource::new();
    let (mut user, first) = later(Duration::ZERO, &ids, invited);
    let soon = Duration::from_secs(59);
    let refused = later(soon, &ids, |change| {
        user.invite(change, WEEK, Actor::System)
    });
    assert_eq!(
        refused.err(),
        Some(InviteRefusal::TooSoon(Duration::from_secs(1)))
    );
    for time in 1..=RESENDS_PER_WINDOW {
        let at = Duration::from_mins(u64::try_from(time).expect("a few"));
        user = later(at, &ids, |change| {
            let again = user
                .invite(change, WEEK, Actor::System)
                .expect("it is time");
            assert_eq!(
                again.check_invitation(&first, change.moment.now),
                Err(DeadLink::Superseded)
            );
            assert_eq!(
                again.check_invitation(&newest(change), change.moment.now),
                Ok(())
            );
            again
        });
    }
    let often = later(Duration::from_hours(1), &ids, |change| {
        user.invite(change, WEEK, Actor::System)
    });
    assert!(matches!(often, Err(InviteRefusal::TooSoon(_))));
}

#[test]
fn a_link_ends_at_its_second_and_a_new_invitation_begins_anew() {
    let ids = IdSource::new();
    let (user, ticket) = later(Duration::ZERO, &ids, invited);
    let end = start() + WEEK;
    assert_eq!(
        user.check_invitation(&ticket, Time::from_unix_millis(end.unix_millis() - 1)),
        Ok(())
    );
    assert_eq!(user.check_invitation(&ticket, end), Err(DeadLink::Expired));
    assert_eq!(user.status_at(end), MemberStatus::NotInvited);
    later(WEEK, &ids, |change| {
        let again = user
            .invite(change, WEEK, Actor::System)
            .expect("it is over");
        let invitation = again.invitation.expect("one is open");
        assert_eq!((invitation.created_at, invitation.resends), (end, vec![]));
    });
}

#[test]
fn whoever_is_withdrawn_removed_or_in_has_no_working_link() {
    let ids = IdSource::new();
    let (user, ticket) = later(Duration::ZERO, &ids, invited);
    later(Duration::from_mins(5), &ids, |change| {
        let now = change.moment.now;
        let withdrawn = user.cancel_invitation(change).expect("it is open");
        assert_eq!(
            withdrawn.check_invitation(&ticket, now),
            Err(DeadLink::Cancelled)
        );
        assert_eq!(
            withdrawn.cancel_invitation(change).err(),
            Some(InviteRefusal::NoneOpen)
        );
        let removed = user.remove(change);
        assert_eq!(
            removed.check_invitation(&ticket, now),
            Err(DeadLink::Cancelled)
        );
        let joined = user
            .join(change, &ticket, Joining::Password(None))
            .expect("it works");
        assert!(joined.can_sign_in() && !joined.is_address_proven);
        assert_eq!(
            joined.check_invitation(&ticket, now),
            Err(DeadLink::Accepted)
        );
        assert_eq!(
            joined.invite(change, WEEK, Actor::System).err(),
            Some(InviteRefusal::MemberAlreadyActive)
        );
    });
}

#[test]
fn what_becomes_of_the_mail_of_another_link_says_nothing() {
    let ids = IdSource::new();
    let (user, ticket) = later(Duration::ZERO, &ids, invited);
    later(Duration::from_mins(1), &ids, |change| {
        user.mail_sent(change, change.moment.id(), "other");
        assert!(change.internal_users.is_empty());
        user.mail_sent(change, ticket.id, "m1");
        let sent = &change.internal_users[0].after;
        let invitation = sent.invitation.as_ref().expect("it is open");
        assert_eq!(
            (invitation.delivery.state, invitation.send_count),
            (DeliveryState::Sent, 1)
        );
    });
}

/// What is done to an invitation, for the model.
#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Invite,
    ByHand,
    Cancel,
    Join(usize),
    Renew(usize),
    Remove,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_u64..300).prop_map(Step::Wait),
        Just(Step::Wait(60 * 24 * 8)),
        Just(Step::Invite),
        Just(Step::ByHand),
        Just(Step::Cancel),
        (0_usize..4).prop_map(Step::Join),
        (0_usize..4).prop_map(Step::Renew),
        Just(Step::Remove),
    ]
}

proptest! {
    /// Whatever happens in whatever order: at most one of all links that were
    /// ever given out works, none for whoever is in, out or withdrawn; and
    /// whoever is in stays in.
    #[test]
    fn at_most_one_link_works(steps in prop::collection::vec(step(), 1..40)) {
        let ids = IdSource::new();
        let (mut user, first) = later(Duration::ZERO, &ids, invited);
        let (mut tickets, mut minutes) = (vec![first], 0);
        for step in steps {
            let at = Duration::from_mins(minutes);
            let before = user.clone();
            let after = later(at, &ids, |change| {
                let given = |place: usize| tickets[place % tickets.len()].clone();
                let after = match step {
                    Step::Wait(more) => { minutes += more; None }
                    Step::Invite => before.invite(change, WEEK, Actor::System).ok(),
                    Step::ByHand => {
                        let made = before.invite_by_hand(change, WEEK, Actor::System);
                        made.ok().map(|(user, _)| user)
                    }
                    Step::Cancel => before.cancel_invitation(change).ok(),
                    Step::Join(place) => {
                        before.join(change, &given(place), Joining::Password(None)).ok()
                    }
                    Step::Renew(place) => before.renew_invitation(change, &given(place), WEEK),
                    Step::Remove => before.is_member().then(|| before.remove(change)),
                };
                for revision in &change.tickets {
                    tickets.retain(|ticket| ticket.id != revision.after.id);
                    tickets.push(revision.after.clone());
                }
                after
            });
            // A removed one is found by nobody who invites.
            if !user.is_member() { continue; }
            user = after.unwrap_or(user);
            let now = start() + Duration::from_mins(minutes);
            let working = tickets.iter().filter(|ticket| {
                user.check_invitation(ticket, now).is_ok() && ticket.check(now).is_ok()
            });
            let expected = user.is_member() && user.status_at(now) == MemberStatus::Invited;
            prop_assert_eq!(working.count(), usize::from(expected));
            prop_assert!(before.joined_at.is_none() || user.joined_at == before.joined_at);
        }
    }
}
