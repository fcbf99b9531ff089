//! Sample events: what each type of event looks like.
//!
//! They are not written by hand: a small story runs through the rules, and the
//! events that it tells are the samples, so they cannot differ from real ones.

use crate::{
    Actor, ApiKey, ApiKeyPatch, BilledTo, Change, Client, ClientDraft, ClientPatch, Company,
    CompanyAccess, CompanyName, CompanyPatch, CustomRole, Email, Endpoint, EndpointDraft, Event,
    EventFilter, EventType, Fate, FieldDraft, FieldEntity, FieldPatch, FieldSet, FieldType,
    GivenUp, InternalUser, InternalUserDraft, InternalUserPatch, Invitation, Invoice, InvoiceDraft,
    LineDraft, MailReport, Moment, PaymentDraft, PaymentFields, PaymentMethod, PaymentStatus,
    Permission, PersonName, RequestDraft, RequestStatus, Role, Service, ServiceName, ServicePatch,
    ServiceRequest, Workspace, WorkspaceId, WorkspacePatch,
};
use std::time::Duration;

/// A sample of this type, as it would happen now in this workspace. Nobody and
/// nothing in it exists.
pub fn sample(kind: EventType, workspace_id: WorkspaceId, moment: Moment<'_>) -> Option<Event> {
    story(workspace_id, moment)?
        .into_iter()
        .find(|event| event.event_type == kind)
}

/// A sample of every type.
pub fn samples(workspace_id: WorkspaceId, moment: Moment<'_>) -> Vec<Event> {
    let story = story(workspace_id, moment).unwrap_or_default();
    EventType::ALL
        .iter()
        .filter_map(|kind| {
            story
                .iter()
                .find(|event| event.event_type == *kind)
                .cloned()
        })
        .collect()
}

/// `None` only if the rules refuse what they are known to accept.
fn story(workspace_id: WorkspaceId, moment: Moment<'_>) -> Option<Vec<Event>> {
    let mut change = Change::by_system(moment);
    let change = &mut change;
    let lifetime = Duration::from_hours(7 * 24);
    let author = Actor::InternalUser { id: moment.id() };

    let mut company = Company::create(
        change,
        workspace_id,
        CompanyName::parse("name", "Rocket").ok()?,
        CompanyPatch::default(),
    );
    let renamed = CompanyPatch {
        name: Some(CompanyName::parse("name", "Rocket Rides").ok()?),
        ..CompanyPatch::default()
    };
    company.update(change, renamed).ok()?;
    request(change, workspace_id, &company)?;
    invoice(change, workspace_id, &company)?;
    let john = client("John", "Doe", "john.doe@example.com", &company)?;
    let mut john = Client::create(moment, workspace_id, john, author);
    john = change.save_client(None, john);
    john.update(
        change,
        ClientPatch {
            position: Some("Head of Rides".to_owned()),
            ..ClientPatch::default()
        },
    );
    let invitation = Invitation::open(change, &mut john, None, lifetime, author).ok()?;
    invitation.mail_sent(change, invitation.generation, "0100019a-sample");
    let story = invitation.clone();
    for fate in [
        Fate::Delivered,
        Fate::HardBounced("Permanent/General".to_owned()),
        Fate::Complained("abuse".to_owned()),
        Fate::Suppressed("Permanent/OnAccountSuppressionList".to_owned()),
    ] {
        let report = MailReport {
            fate,
            message_id: "0100019a-sample".to_owned(),
            at: moment.now,
        };
        story.mail_reported(change, story.generation, &report);
    }
    invitation
        .accept(change, &mut john, invitation.generation)
        .ok()?;
    john.leave(change, company.id);
    john.archive(change, None);
    let mut fields = FieldSet::new(workspace_id, FieldEntity::Client);
    let draft = FieldDraft::new("customFields[0]", "Tier", FieldType::Text, &[]).ok()?;
    let field = fields.add(change, draft).ok()?;
    let named = FieldPatch {
        name: Some("Level".to_owned()),
        ..FieldPatch::default()
    };
    fields.update(change, field, named).ok()?;
    fields.delete(change, field);
    john.restore(change, &[], &fields, None).ok()?;
    let twin = client("Johnny", "Doe", "johnny.doe@example.com", &company)?;
    let mut twin = Client::create(moment, workspace_id, twin, author);
    john.absorb(change, &mut twin, None, false).ok()?;

    let jane = client("Jane", "Doe", "jane.doe@example.com", &company)?;
    let mut jane = Client::create(moment, workspace_id, jane, author);
    let cancelled = Invitation::open(change, &mut jane, None, lifetime, author).ok()?;
    cancelled.cancel(change, &mut jane).ok()?;
    let expired = Invitation::open(change, &mut jane, None, lifetime, author).ok()?;
    expired.expire(change, Some(&mut jane));
    company.delete(change).ok()?;
    company.empty(change);
    internal_user(change, workspace_id)?;
    access(change, workspace_id);
    service(change, workspace_id)?;

    let named = WorkspacePatch {
        name: Some("Rockets".to_owned()),
        ..WorkspacePatch::default()
    };
    let mut workspace = Workspace::new(workspace_id, "Rides", moment.now);
    workspace.update(change, named);
    workspace.tell_limit_reached(change, 100);

    let draft = EndpointDraft {
        url: "https://example.com/hooks/portico".to_owned(),
        event_types: vec![EventFilter::parse("eventTypes", "*").ok()?],
        is_enabled: true,
        ..EndpointDraft::default()
    };
    let endpoint = Endpoint::create(change, moment.id(), workspace_id, draft, String::new());
    endpoint.give_up(change, GivenUp::Gone);
    Some(std::mem::take(&mut change.events))
}

/// A team member who comes, gets another role, and goes.
fn internal_user(change: &mut Change<'_>, workspace_id: WorkspaceId) -> Option<()> {
    let draft = InternalUserDraft {
        name: PersonName::from_fields(Some("Mary"), Some("Major"), None).ok()?,
        email: Email::parse("email", "mary.major@example.com").ok()?,
        role: Role::Staff,
        company_access: CompanyAccess::ALL,
    };
    let id = change.moment.id();
    let mary = InternalUser::create(change, id, workspace_id, draft, None).ok()?;
    let promoted = InternalUserPatch {
        role: Some(Role::Admin),
        ..InternalUserPatch::default()
    };
    mary.update(change, promoted).ok()?.remove(change);
    Some(())
}

/// A key and a role that come, are renamed, and go.
fn access(change: &mut Change<'_>, workspace_id: WorkspaceId) {
    let (moment, name) = (change.moment, "Reports".to_owned());
    let key = ApiKey::new(
        moment.id(),
        workspace_id,
        moment.id(),
        String::new(),
        moment.now,
    );
    let renamed = ApiKeyPatch {
        name: Some(name.clone()),
        ..ApiKeyPatch::default()
    };
    key.create(change).update(change, renamed).revoke(change);
    let allowed = [Permission::ViewClients].into();
    let role = CustomRole::create(change, workspace_id, "Auditor".to_owned(), allowed);
    role.update(change, Some(name), None).delete(change);
}

/// A service that comes, is renamed, and goes.
fn service(change: &mut Change<'_>, workspace_id: WorkspaceId) -> Option<()> {
    let name = ServiceName::parse("name", "Tax return").ok()?;
    let service = Service::create(change, workspace_id, name, ServicePatch::default());
    let renamed = ServicePatch {
        name: Some(ServiceName::parse("name", "Yearly tax return").ok()?),
        ..ServicePatch::default()
    };
    service.update(change, renamed).delete(change);
    Some(())
}

/// A client asks for a service, and it is done.
fn request(change: &mut Change<'_>, workspace_id: WorkspaceId, company: &Company) -> Option<()> {
    let name = ServiceName::parse("name", "Bookkeeping").ok()?;
    let service = Service::create(change, workspace_id, name, ServicePatch::default());
    let mary = client("Mary", "Doe", "mary.doe@example.com", company)?;
    let author = change.origin.actor;
    let mary = Client::create(change.moment, workspace_id, mary, author);
    let draft = RequestDraft::new("The year 2025", Some("All receipts are in the folder.")).ok()?;
    let author = Actor::Client { id: mary.id };
    let request =
        ServiceRequest::ask(change, &mary, Some(company), &service, draft, author).ok()?;
    let note = Some("Filed today.".to_owned());
    request.move_to(change, RequestStatus::Done, note).ok()?;
    Some(())
}

/// A company is billed twice: one invoice is paid at the second try, in two
/// parts, the other voided.
fn invoice(change: &mut Change<'_>, workspace_id: WorkspaceId, company: &Company) -> Option<()> {
    let due = change.moment.now + Duration::from_hours(14 * 24);
    let line = LineDraft {
        description: "Tax return for the year 2025".to_owned(),
        amount: Some(25_000),
        quantity: None,
    };
    let draft = InvoiceDraft::new(&[line], None, due).ok()?;
    let billed = BilledTo::company(company.id);
    let open = Invoice::create(change, workspace_id, billed, draft.clone(), 0);
    let paid = |amount, status, message: &str| PaymentFields {
        amount: Some(amount),
        status,
        payment_method: Some(PaymentMethod::CreditCard),
        last4_digits: "4242".to_owned(),
        brand: "visa".to_owned(),
        message: message.to_owned(),
        ..PaymentFields::default()
    };
    let mut unpaid = open;
    for fields in [
        paid(25_000, PaymentStatus::Failed, "Your card has expired."),
        paid(10_000, PaymentStatus::Succeeded, ""),
        paid(15_000, PaymentStatus::Succeeded, ""),
    ] {
        let draft = PaymentDraft::new(&fields, change.moment.now).ok()?;
        unpaid = unpaid.pay(change, draft).ok()?.0;
    }
    let wrong = Invoice::create(change, workspace_id, billed, draft, 1);
    wrong.void(change).ok()?;
    Some(())
}

fn client(given: &str, family: &str, email: &str, company: &Company) -> Option<ClientDraft> {
    let name = PersonName {
        given_name: given.to_owned(),
        family_name: family.to_owned(),
    };
    let email = Email::parse("email", email).ok()?;
    Some(ClientDraft {
        company_ids: vec![company.id],
        ..ClientDraft::new(name, email)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, Time};

    #[test]
    fn every_type_of_event_has_a_sample() {
        let ids = IdSource::new();
        let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);

        let kinds: Vec<EventType> = samples(moment.id(), moment)
            .iter()
            .filter_map(|event| event.event_type.ours())
            .collect();

        assert_eq!(kinds, EventType::ALL);
    }
}
