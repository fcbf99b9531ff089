//! What the compatible API calls the things in its own audit log.

use super::{AuditEntry, AuditEntryView};

/// Its name for something, and ours. Archiving and erasing both tell
/// `client.deleted`.
const NAMES: &[(&str, &str)] = &[
    ("clientCreated", "client.created"),
    ("clientUpdated", "client.updated"),
    ("clientDeleted", "client.deleted"),
    ("clientInvited", "invitation.created"),
    ("clientInvited", "invitation.resent"),
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

impl AuditEntry {
    /// The entry with the compatible API's name of what happened, if it has
    /// one for any of it.
    pub fn compatible_view(&self) -> AuditEntryView {
        let theirs = |kind: &str| {
            let named = NAMES.iter().find(|(_, ours)| *ours == kind);
            named.map(|(theirs, _)| (*theirs).to_owned())
        };
        let mut view = self.view();
        let main = theirs(&view.event_type);
        let named = main.or_else(|| view.items.iter().find_map(|item| theirs(&item.event_type)));
        view.event_type = named.unwrap_or(view.event_type);
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
