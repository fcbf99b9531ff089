//! Services: what the business offers, and clients can ask for.
//!
//! One that is not active is kept for later, and nobody can ask for it. One
//! that is deleted is gone; what was asked for keeps its name.

use crate::{
    Change, EventType, Invalid, Revision, ServiceId, Time, Told, WorkspaceId,
    event::Recorder,
    text::{folded, unique_name},
};
use serde::{Deserialize, Serialize};

/// To how many services the members of a company can be limited: each that is
/// new is an action of one transaction, which has 100.
pub const MAX_COMPANY_SERVICES: usize = 50;

/// The name of a service: two characters or more, unique among what looks alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(String);

impl ServiceName {
    /// Checks the name in `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        unique_name(field, text, 100).map(Self)
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is compared: names that look alike are one.
    pub fn key(&self) -> String {
        folded(&self.0)
    }
}

/// A service as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// The workspace that offers it.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: ServiceName,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether clients can ask for it.
    pub is_active: bool,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What shall change about a service, or what a new one has beside its name.
#[derive(Clone, Debug, Default)]
pub struct ServicePatch {
    /// Its name.
    pub name: Option<ServiceName>,
    /// What it is; an empty text clears it.
    pub description: Option<String>,
    /// Whether clients can ask for it.
    pub is_active: Option<bool>,
}

impl Service {
    /// Adds a service of this name.
    pub fn create(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        name: ServiceName,
        fields: ServicePatch,
    ) -> Self {
        let now = change.moment.now;
        let mut service = Self {
            id: change.moment.id(),
            workspace_id,
            name,
            description: None,
            is_active: true,
            created_at: now,
            updated_at: now,
            told: Told::default(),
            version: 0,
        };
        service.apply(fields);
        service.record(change, EventType::ServiceCreated, None);
        service.save(change, None)
    }

    /// Changes what the fields name. Nothing is told if nothing changed.
    pub fn update(&self, change: &mut Change<'_>, fields: ServicePatch) -> Self {
        let mut after = self.clone();
        after.apply(fields);
        if after == *self {
            return after;
        }
        after.updated_at = change.moment.now;
        after.record(change, EventType::ServiceUpdated, Some(self));
        after.save(change, Some(self))
    }

    /// Deletes it. Companies that name it, and what was asked for, stay as they
    /// are.
    pub fn delete(mut self, change: &mut Change<'_>) {
        self.record(change, EventType::ServiceDeleted, None);
        change.deleted_services.push(self);
    }

    fn apply(&mut self, fields: ServicePatch) {
        if let Some(name) = fields.name {
            self.name = name;
        }
        if let Some(description) = fields.description {
            self.description = Some(description).filter(|text| !text.is_empty());
        }
        if let Some(is_active) = fields.is_active {
            self.is_active = is_active;
        }
    }

    fn save(mut self, change: &mut Change<'_>, before: Option<&Self>) -> Self {
        self.version += 1;
        change.services.push(Revision {
            before: before.cloned(),
            after: self.clone(),
        });
        self
    }

    fn record(&mut self, change: &mut Change<'_>, kind: EventType, before: Option<&Self>) {
        let (moment, view) = (change.moment, self.view());
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        let event = match before {
            None => recorder.record(kind, &view),
            Some(before) => recorder.record_change(kind, &before.view(), &view),
        };
        change.events.push(event);
    }

    /// The service as callers see it.
    pub fn view(&self) -> ServiceView {
        ServiceView {
            id: self.id,
            object: "service".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            name: self.name.as_str().to_owned(),
            description: self.description.clone(),
            is_active: self.is_active,
        }
    }
}

/// A service as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Service")]
pub struct ServiceView {
    /// Its id.
    pub id: ServiceId,
    /// Always `service`.
    pub object: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Whether clients can ask for it.
    pub is_active: bool,
}

/// Checks the ids in `serviceIds`, each once, in the order in which they were
/// given. Whether there are such services only the table knows.
pub fn parse_services(texts: &[String]) -> Result<Vec<ServiceId>, Invalid> {
    let mut ids = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let id = text.parse().map_err(|_| {
            let message = format!("there is no service {text:?} in this workspace");
            Invalid::new(&format!("serviceIds[{place}]"), "service_unknown", message)
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > MAX_COMPANY_SERVICES {
        let message =
            format!("a company can be limited to {MAX_COMPANY_SERVICES} services at most");
        return Err(Invalid::new("serviceIds", "too_many_services", message));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Company, CompanyName, CompanyPatch, IdSource, Moment};

    fn moment(ids: &IdSource) -> Moment<'_> {
        Moment::new(Time::from_unix_millis(1_795_300_000_000), ids)
    }

    fn name(text: &str) -> ServiceName {
        ServiceName::parse("name", text).expect("a name")
    }

    #[test]
    fn a_change_of_nothing_tells_nothing() {
        let ids = IdSource::new();
        let mut change = Change::by_system(moment(&ids));
        let service = Service::create(
            &mut change,
            moment(&ids).id(),
            name("Tax return"),
            ServicePatch::default(),
        );
        let mut change = Change::by_system(moment(&ids));

        let same = service.update(
            &mut change,
            ServicePatch {
                name: Some(name("Tax return")),
                is_active: Some(true),
                ..ServicePatch::default()
            },
        );

        assert_eq!(same, service);
        assert!(change.events.is_empty() && change.services.is_empty());
    }

    #[test]
    fn what_an_update_changed_is_told() {
        let ids = IdSource::new();
        let mut change = Change::by_system(moment(&ids));
        let service = Service::create(
            &mut change,
            moment(&ids).id(),
            name("Tax return"),
            ServicePatch::default(),
        );
        let off = ServicePatch {
            is_active: Some(false),
            ..ServicePatch::default()
        };

        service.update(&mut change, off);

        let sequences = change.events.iter().map(|event| event.sequence);
        assert!(sequences.eq([1, 2]));
        let previous = change.events[1].previous_attributes.as_ref();
        let previous: Vec<&String> = previous.into_iter().flat_map(|it| it.keys()).collect();
        assert_eq!(previous, ["isActive"]);
    }

    #[test]
    fn a_company_requires_the_services_that_are_new_to_it() {
        let ids = IdSource::new();
        let moment = moment(&ids);
        let (old, new): (ServiceId, ServiceId) = (moment.id(), moment.id());
        let mut change = Change::by_system(moment);
        let only = |ids: Vec<ServiceId>| CompanyPatch {
            service_ids: Some(Some(ids)),
            ..CompanyPatch::default()
        };
        let engines = CompanyName::parse("name", "Engines").expect("a name");
        let mut company = Company::create(&mut change, moment.id(), engines, only(vec![old]));
        assert!(change.required_services.iter().eq([&old]));
        let mut change = Change::by_system(moment);

        let updated = company.update(&mut change, only(vec![old, new]));

        assert_eq!(updated, Ok(()));
        assert!(change.required_services.iter().eq([&new]));
        assert!(company.offers(old) && company.offers(new) && !company.offers(moment.id()));
    }

    #[test]
    fn a_company_without_a_list_offers_every_service_and_one_with_an_empty_list_none() {
        let ids = IdSource::new();
        let moment = moment(&ids);
        let mut company = Company::placeholder(moment.id(), moment.id(), moment.now);

        assert!(company.offers(moment.id()));
        company.service_ids = Some(Vec::new());
        assert!(!company.offers(moment.id()));
    }

    #[test]
    fn a_company_is_limited_to_so_many_services_and_each_counts_once() {
        let ids = IdSource::new();
        let id = || moment(&ids).id::<crate::kind::Service>().to_string();
        let one = id();
        assert_eq!(
            parse_services(&[one.clone(), one]).map(|ids| ids.len()),
            Ok(1)
        );

        let many: Vec<String> = (0..=MAX_COMPANY_SERVICES).map(|_| id()).collect();
        let refused = parse_services(&many).map_err(|invalid| invalid.code);
        assert_eq!(refused, Err("too_many_services"));
        let refused = parse_services(&["x".to_owned()]).map_err(|invalid| invalid.field);
        assert_eq!(refused, Err("serviceIds[0]".to_owned()));
    }
}
