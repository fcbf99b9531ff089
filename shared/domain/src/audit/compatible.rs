//! What the compatible API calls the things in its own audit log.

use super::{AuditEntry, AuditEntryView};

/// Its name for something, and ours. Archiving and erasing both tell
/// `client.deleted`.
const NAMES: &[(&str, &str)] = &[
    ("userLoggedIn", "session.created"),
    ("userLoggedOut", "session.ended"),
    ("userLoggedOut", "session.allEnded"),
    ("clientCreated", "client.created"),
    ("clientUpdated", "client.updated"),
    ("clientDeleted", "client.deleted"),
    ("clientInvited", "invitation.created"),
    ("clientInvited", "invitation.resent"),
    ("invoiceCreated", "invoice.created"),
    ("invoicePaid", "invoice.paid"),
    ("invoiceVoided", "invoice.voided"),
];

/// What this name stands for in our log: several things, where it is one of the
/// compatible API's, else itself.
pub fn audit_types(name: &str) -> Vec<String> {
    let ours = NAMES.iter().filter(|(theirs, _)| *theirs == name);
    let ours: Vec<String> = ours.map(|(_, ours)| (*ours).to_owned()).collect();
    if ours.is_empty() {
        vec![name.to_owned()]
    } else {
        ours
    }
}

/// Whether the compatible API has, or could have, a type of this name in its
/// audit log.
pub fn is_audit_type(name: &str) -> bool {
    const OBJECTS: &[&str] = &[
        "client",
        "contract",
        "customEvent.",
        "file",
        "invoice",
        "message",
        "subscription",
        "task",
        "user",
    ];
    let is_custom_or_plain = name.starts_with("customEvent.") || !name.contains('.');
    is_custom_or_plain && OBJECTS.iter().any(|object| name.starts_with(object))
}

impl AuditEntry {
    /// The entry with the compatible API's name of what happened, if it has
    /// one for any of it: rather one that was `wanted`.
    pub fn compatible_view(&self, wanted: &[String]) -> AuditEntryView {
        let mut view = self.view();
        let kinds = || {
            std::iter::once(&view.event_type).chain(view.items.iter().map(|item| &item.event_type))
        };
        let theirs = || {
            kinds().flat_map(|kind| {
                NAMES
                    .iter()
                    .filter(move |(_, ours)| ours == kind)
                    .map(|(theirs, _)| *theirs)
            })
        };
        let is_wanted = |name: &&str| wanted.iter().any(|wanted| wanted == name);
        let named = theirs().find(is_wanted).or_else(|| theirs().next());
        if let Some(named) = named {
            view.event_type = named.to_owned();
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_compatible_api_stand_for_ours() {
        assert_eq!(audit_types("clientCreated"), ["client.created"]);
        assert_eq!(
            audit_types("clientInvited"),
            ["invitation.created", "invitation.resent"]
        );
        assert_eq!(audit_types("customEvent.opened"), ["customEvent.opened"]);
    }
}
