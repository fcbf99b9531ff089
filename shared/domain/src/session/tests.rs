//! The life of a session, against a model that keeps every token it gave out.

use super::*;
use crate::IdSource;
use proptest::prelude::*;

const START: i64 = 1_800_000_000_000;

fn session(holder: Holder, limits: SessionLimits) -> Session {
    let (ids, now) = (IdSource::new(), Time::from_unix_millis(START));
    let draft = SessionDraft {
        workspace_id: ids.next(now),
        account: Account::Client { id: ids.next(now) },
        epoch: 0,
        holder,
        method: SignInMethod::Password,
        limits,
        seed: "00".repeat(32),
        user_agent: None,
    };
    Session::begin(ids.next(now), draft, now)
}

fn later(session: &Session, by: Duration) -> Time {
    session.created_at + by
}

#[test]
fn an_idle_session_ends_at_its_second() {
    let session = session(Holder::Program, SessionLimits::staff(30));
    let end = later(&session, Duration::from_mins(30));

    assert!(session.is_live(0, end - Duration::from_millis(1)));
    assert!(!session.is_live(0, end));
}

#[test]
fn however_it_is_used_a_session_ends() {
    let mut session = session(Holder::Program, SessionLimits::staff(720));
    let mut now = session.created_at;
    while let Refresh::Rotated(next) = session.refresh(session.generation, 0, now) {
        session = next;
        now = now + Duration::from_hours(1);
    }

    assert_eq!(now, later(&session, Duration::from_hours(7 * 24)));
}

#[test]
fn idle_limits_of_staff_are_between_half_an_hour_and_half_a_day() {
    assert_eq!(SessionLimits::staff(1).idle, Duration::from_mins(30));
    assert_eq!(SessionLimits::staff(10_000).idle, Duration::from_hours(12));
}

#[test]
fn a_session_keeps_to_the_limits_of_now_and_to_its_own_end() {
    let session = session(Holder::Browser, SessionLimits::staff(720));
    let (hour, end) = (later(&session, Duration::from_hours(1)), session.expires_at);

    let shorter = session.clone().within(SessionLimits::staff(60));
    assert!(session.is_live(0, hour) && !shorter.is_live(0, hour));
    let longer = shorter.within(SessionLimits::staff(720));
    assert!(longer.is_live(0, hour));
    assert_eq!(longer.expires_at, end);
}

/// What can happen to a session.
#[derive(Clone, Debug)]
enum Step {
    /// So many seconds pass.
    Wait(u32),
    /// The token given out so many tokens ago is used.
    Refresh(u32),
    /// The account's epoch is counted up.
    NewEpoch,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_u32..20).prop_map(Step::Wait),
        1 => (0_u32..3_000).prop_map(Step::Wait),
        6 => Just(Step::Refresh(0)),
        3 => (0_u32..4).prop_map(Step::Refresh),
        1 => Just(Step::NewEpoch),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    /// The model keeps when each token was first used. A session answers
    /// exactly as the three sentences at the head of the module say.
    #[test]
    fn a_session_does_what_its_model_does(steps in steps()) {
        let limits = SessionLimits::staff(30);
        let mut session = session(Holder::Program, limits);
        let begin = session.created_at;
        let (mut now, mut epoch, mut is_over) = (begin, 0_u32, false);
        // When each token was used for the first time; the last one never was.
        let mut first_used: Vec<Option<Time>> = vec![None];
        let mut last_use = begin;
        for step in steps {
            match step {
                Step::Wait(seconds) => now = now + Duration::from_secs(u64::from(seconds)),
                Step::NewEpoch => epoch += 1,
                Step::Refresh(age) => {
                    let place = first_used.len().saturating_sub(1 + age as usize);
                    let generation = u32::try_from(place + 1).expect("small");
                    let answer = session.refresh(generation, epoch, now);
                    let is_dead = is_over
                        || epoch > 0
                        || now.since(last_use) >= limits.idle
                        || now.since(begin) >= limits.absolute;
                    let expected_end = match first_used[place] {
                        _ if is_dead => { prop_assert_eq!(&answer, &Refresh::Ended); true }
                        None => {
                            prop_assert!(matches!(answer, Refresh::Rotated(_)));
                            first_used[place] = Some(now);
                            first_used.push(None);
                            last_use = now;
                            false
                        }
                        Some(used) if place + 2 == first_used.len() && now.since(used) < REFRESH_GRACE => {
                            prop_assert_eq!(&answer, &Refresh::Repeated);
                            false
                        }
                        Some(_) => { prop_assert_eq!(&answer, &Refresh::Reused); true }
                    };
                    is_over |= expected_end;
                    match answer {
                        Refresh::Rotated(next) => session = next,
                        // Whoever is told so ends the session.
                        Refresh::Reused => session.expires_at = now,
                        Refresh::Repeated | Refresh::Ended => {}
                    }
                    prop_assert_eq!(session.is_live(epoch, now), !is_over);
                }
            }
        }
    }

    /// Without a new sign-in nothing brings a session back.
    #[test]
    fn a_session_that_ended_stays_ended(steps in steps()) {
        let mut session = session(Holder::Program, SessionLimits::CLIENT);
        let end = session.expires_at;
        let mut now = end;
        for step in steps {
            match step {
                Step::Wait(seconds) => now = now + Duration::from_secs(u64::from(seconds)),
                Step::NewEpoch => {}
                Step::Refresh(age) => {
                    let generation = session.generation.saturating_sub(age).max(1);
                    let answer = session.refresh(generation, 0, now);
                    prop_assert_eq!(&answer, &Refresh::Ended);
                    if let Refresh::Rotated(next) = answer { session = next; }
                }
            }
        }
    }
}
