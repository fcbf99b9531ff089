//! An event with what it is about.

use portico_domain::{ClientView, CompanyView, Event, EventType};
use serde::Serialize;
use serde_json::{Map, Value};

/// An event with what it is about. Events about clients and companies carry
/// them; what the others only name by id is looked up beforehand, as it is now.
#[derive(Debug)]
pub struct Story<'a> {
    /// The event.
    pub event: &'a Event,
    /// For memberships and changed clients: the client as it is now, also if it
    /// is archived.
    pub client: Option<ClientView>,
    /// Whether that client is archived.
    pub is_client_archived: bool,
    /// For memberships: the company, also if it is deleted.
    pub company: Option<CompanyView>,
    /// The company that stands for the client now, unless it is a placeholder
    /// or deleted.
    pub primary: Option<CompanyView>,
}

impl<'a> Story<'a> {
    /// An event that carries all that is needed.
    pub const fn plain(event: &'a Event) -> Self {
        Self {
            event,
            client: None,
            is_client_archived: false,
            company: None,
            primary: None,
        }
    }

    /// The client's fields, if it is about a client that is there.
    pub(crate) fn client(&self) -> Option<Map<String, Value>> {
        if self.event.object == "client" {
            return Some(self.event.data.clone());
        }
        self.client.as_ref().and_then(fields)
    }

    /// The client as it is now, if it was looked up and is not archived.
    pub(crate) fn present_client(&self) -> Option<&ClientView> {
        let client = self.client.as_ref();
        client.filter(|_| !self.is_client_archived)
    }

    /// The company's fields, if it is about a company.
    pub(crate) fn company(&self) -> Option<Map<String, Value>> {
        if self.event.object == "company" {
            return Some(self.event.data.clone());
        }
        self.company.as_ref().and_then(fields)
    }

    /// Whether the event says that this field has become another.
    pub(crate) fn has_changed(&self, field: &str) -> bool {
        let previous = self.event.previous_attributes.as_ref();
        previous.is_some_and(|previous| previous.contains_key(field))
    }

    /// What this text was before the event, if that changed it and it was not
    /// empty.
    pub(crate) fn previous_text(&self, field: &str) -> Option<&str> {
        let previous = self.event.previous_attributes.as_ref()?;
        let text = previous.get(field)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// A text of the event's data.
    pub(crate) fn text(&self, field: &str) -> &str {
        let text = self.event.data.get(field).and_then(Value::as_str);
        text.unwrap_or_default()
    }

    /// The type of the catalogue; none for an app's own event.
    pub(crate) fn kind(&self) -> Option<EventType> {
        self.event.event_type.ours()
    }
}

pub(crate) fn fields(view: &impl Serialize) -> Option<Map<String, Value>> {
    match serde_json::to_value(view) {
        Ok(Value::Object(fields)) => Some(fields),
        Ok(_) | Err(_) => None,
    }
}
