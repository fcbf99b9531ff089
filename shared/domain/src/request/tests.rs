use super::*;
use crate::{
    ClientDraft, CompanyPatch, Email, IdSource, Moment, Origin, PersonName, ServiceName,
    ServicePatch, kind,
};
use proptest::{prelude::*, sample::select};

struct World {
    ids: IdSource,
    client: Client,
    company: Company,
    service: Service,
}

fn now() -> Time {
    Time::from_unix_millis(1_795_300_000_000)
}

fn world() -> World {
    let ids = IdSource::new();
    let (client, company, service) = {
        let moment = Moment::new(now(), &ids);
        let workspace_id = moment.id();
        let mut change = Change::by_system(moment);
        let name = CompanyName::parse("name", "Engines").expect("a name");
        let company = Company::create(&mut change, workspace_id, name, CompanyPatch::default());
        let name = PersonName {
            given_name: "Ada".to_owned(),
            family_name: "Lovelace".to_owned(),
        };
        let email = Email::parse("email", "ada@example.com").expect("an address");
        let draft = ClientDraft {
            company_ids: vec![company.id],
            ..ClientDraft::new(name, email)
        };
        let client = Client::create(moment, workspace_id, draft, Actor::System);
        let name = ServiceName::parse("name", "Tax return").expect("a name");
        let service = Service::create(&mut change, workspace_id, name, ServicePatch::default());
        (client, company, service)
    };
    World {
        ids,
        client,
        company,
        service,
    }
}

impl World {
    fn moment(&self) -> Moment<'_> {
        Moment::new(now(), &self.ids)
    }

    /// A change that this actor asks for.
    fn change(&self, actor: Actor) -> Change<'_> {
        let origin = Origin {
            actor,
            ..Origin::system()
        };
        Change::new(self.moment(), origin)
    }

    fn ask(&self, change: &mut Change<'_>) -> Result<ServiceRequest, AskRefusal> {
        let draft = RequestDraft::new("The year 2025", Some("By June")).expect("a draft");
        let author = change.origin.actor;
        ServiceRequest::ask(
            change,
            &self.client,
            Some(&self.company),
            &self.service,
            draft,
            author,
        )
    }
}

#[test]
fn a_request_is_open_and_says_who_made_it() {
    let world = world();
    let author = Actor::Client {
        id: world.client.id,
    };
    let mut change = world.change(author);

    let request = world.ask(&mut change).expect("nothing speaks against it");

    assert_eq!(request.status, RequestStatus::Open);
    assert_eq!(request.history.len(), 1);
    assert_eq!(request.history[0].by, author);
    assert_eq!(request.service_name, "Tax return");
    assert_eq!(change.events[0].event_type.name(), "request.created");
    assert_eq!(
        change.based_on_companies,
        [(world.company.id, world.company.version)]
    );
    assert_eq!(
        change.based_on_services,
        [(world.service.id, world.service.version)]
    );
}

#[test]
fn each_account_manager_is_told_once_and_whoever_asks_is_not() {
    let mut world = world();
    let ids: Vec<InternalUserId> = (0..3).map(|_| world.moment().id()).collect();
    world.company.account_manager_ids = vec![ids[0], ids[1]];
    world.client.account_manager_ids = vec![ids[1], ids[2]];
    let mut change = world.change(Actor::InternalUser { id: ids[0] });

    world.ask(&mut change).expect("nothing speaks against it");

    let told = change.letters.iter().map(|letter| letter.matter.clone());
    let told: Vec<crate::Matter> = told.collect();
    let request = change.requests[0].after.id;
    let matter = |manager_id| crate::Matter::NewRequest {
        new_request_id: request,
        manager_id,
    };
    assert_eq!(told, [matter(ids[1]), matter(ids[2])]);
}

#[test]
fn what_is_not_offered_cannot_be_asked_for() {
    let actor = Actor::System;
    let mut off = world();
    off.service.is_active = false;
    let mut limited = world();
    limited.company.service_ids = Some(vec![limited.moment().id::<kind::Service>()]);
    let mut inactive = world();
    inactive.company.is_active = false;

    let refused = |world: &World| world.ask(&mut world.change(actor)).map(drop);

    let service = || "Tax return".to_owned();
    assert_eq!(refused(&off), Err(AskRefusal::ServiceInactive(service())));
    assert_eq!(
        refused(&limited),
        Err(AskRefusal::ServiceNotAllowed(
            service(),
            "Engines".to_owned()
        ))
    );
    let name = inactive.company.name.clone();
    assert_eq!(refused(&inactive), Err(AskRefusal::CompanyInactive(name)));
}

#[test]
fn a_step_is_told_with_what_was_before_and_to_the_client_by_mail() {
    let world = world();
    let request = world
        .ask(&mut world.change(Actor::System))
        .expect("it is made");
    let member = Actor::InternalUser {
        id: world.moment().id(),
    };
    let mut change = world.change(member);

    let after = request
        .move_to(&mut change, RequestStatus::Done, Some("Filed".to_owned()))
        .expect("it may be done at once");

    assert_eq!(after.history[1].note.as_deref(), Some("Filed"));
    assert_eq!(after.history[1].by, member);
    let event = &change.events[0];
    assert_eq!(
        (event.event_type.name(), event.sequence),
        ("request.statusChanged", 2)
    );
    let previous = event.previous_attributes.as_ref().expect("a change");
    assert_eq!(previous["status"], "open");
    assert_eq!(change.letters.len(), 1);
    let again = after.move_to(&mut world.change(member), RequestStatus::Done, None);
    assert_eq!(again, Ok(after));
}

#[test]
fn a_client_who_cancels_is_not_written_to() {
    let world = world();
    let request = world
        .ask(&mut world.change(Actor::System))
        .expect("it is made");
    let mut change = world.change(Actor::Client {
        id: world.client.id,
    });

    let cancelled = request.move_to(&mut change, RequestStatus::Cancelled, None);

    assert_eq!(
        cancelled.map(|one| one.status),
        Ok(RequestStatus::Cancelled)
    );
    assert!(change.letters.is_empty());
}

#[test]
fn what_is_erased_ends_and_holds_nothing_personal() {
    let world = world();
    let request = world
        .ask(&mut world.change(Actor::System))
        .expect("it is made");
    let note = Some("Dear Ada".to_owned());
    let request = request
        .move_to(
            &mut world.change(Actor::System),
            RequestStatus::InProgress,
            note,
        )
        .expect("it may");
    let mut change = world.change(Actor::System);

    let erased = request.erase(&mut change);

    assert_eq!(erased.status, RequestStatus::Cancelled);
    assert_eq!(change.events.len(), 1);
    assert!(change.letters.is_empty());
    let texts = format!(
        "{} {}",
        serde_json::to_string(&erased).expect("it serializes"),
        serde_json::to_string(&change.events).expect("they serialize")
    );
    for personal in ["2025", "June", "Ada"] {
        assert!(!texts.contains(personal), "{texts}");
    }
    let mut again = world.change(Actor::System);
    erased.erase(&mut again);
    assert!(again.events.is_empty(), "what has ended ends once");
}

#[test]
fn a_title_is_a_line_and_details_are_optional() {
    let refused = |title: &str, details: &str| {
        RequestDraft::new(title, Some(details))
            .map_or_else(|invalid| invalid.field, |_| String::new())
    };
    assert_eq!(refused("", ""), "title");
    assert_eq!(refused("a\nb", ""), "title");
    assert_eq!(refused("a", &"x".repeat(5_001)), "details");
    let draft = RequestDraft::new("a", Some("  ")).expect("a draft");
    assert_eq!(draft.details, None);
}

proptest! {
    /// Whatever is tried, in whatever order: the history is what happened, it
    /// ends at an end, and each event carries the next number.
    #[test]
    fn a_request_only_goes_forward(
        tries in prop::collection::vec(select(RequestStatus::ALL.to_vec()), 0..12),
    ) {
        let world = world();
        let mut change = world.change(Actor::System);
        let mut request = world.ask(&mut change).expect("it is made");
        for wanted in tries {
            let before = request.clone();
            match before.move_to(&mut change, wanted, None) {
                Ok(after) if after == before => prop_assert_eq!(wanted, before.status),
                Ok(after) => {
                    prop_assert!(before.status < after.status, "statuses sort by how far they are");
                    prop_assert!(!before.status.is_end());
                    request = after;
                }
                Err(StepRefusal::Ended(at)) => prop_assert!(at.is_end() && at == before.status),
                Err(StepRefusal::NoWay(from, to)) => {
                    prop_assert!(!from.is_end() && to <= from);
                }
                Err(StepRefusal::NoteAlone(_)) => prop_assert!(false, "there is no note"),
            }
        }
        let last = request.history.last().map(|step| step.status);
        prop_assert_eq!(last, Some(request.status));
        prop_assert!(request.history.len() <= 3);
        prop_assert!(request.history.is_sorted_by(|one, next| one.status < next.status));
        let sequences = change.events.iter().map(|event| event.sequence);
        prop_assert!(sequences.eq(1..=request.history.len() as u64));
        for from in RequestStatus::ALL {
            let has_a_way = RequestStatus::ALL.into_iter().any(|to| from.may_become(to));
            prop_assert_eq!(has_a_way, !from.is_end());
        }
    }
}
