//! Operations of the compatible API that are not there yet.
//!
//! They answer 501 instead of 404, so that a program written for that API
//! learns what it has met. An operation leaves this list when its function
//! comes; a test compares the list with that API's index.

/// Method and path of each, in the order of their paths.
pub const PLANNED: &[(&str, &str)] = &[
    ("GET", "/v1/channel/file"),
    ("GET", "/v1/channels/files"),
    ("POST", "/v1/channels/files"),
    ("GET", "/v1/channels/files/{id}"),
    ("GET", "/v1/clients/{id}/app-visibility"),
    ("GET", "/v1/comments"),
    ("DELETE", "/v1/comments/{id}"),
    ("GET", "/v1/comments/{id}"),
    ("GET", "/v1/contract-templates"),
    ("GET", "/v1/contract-templates/{id}"),
    ("GET", "/v1/contracts"),
    ("POST", "/v1/contracts"),
    ("GET", "/v1/contracts/{id}"),
    ("POST", "/v1/file"),
    ("GET", "/v1/files"),
    ("PUT", "/v1/files/root/permissions"),
    ("POST", "/v1/files/{fileType}"),
    ("DELETE", "/v1/files/{id}"),
    ("GET", "/v1/files/{id}"),
    ("GET", "/v1/files/{id}/download"),
    ("GET", "/v1/files/{id}/download-url"),
    ("PUT", "/v1/files/{id}/permissions"),
    ("GET", "/v1/form"),
    ("POST", "/v1/form-response"),
    ("POST", "/v1/form-responses"),
    ("GET", "/v1/form/{id}"),
    ("GET", "/v1/forms"),
    ("POST", "/v1/forms"),
    ("GET", "/v1/forms/{id}"),
    ("GET", "/v1/forms/{id}/form-responses"),
    ("GET", "/v1/installs"),
    ("GET", "/v1/installs/{installId}"),
    ("GET", "/v1/installs/{installId}/connections"),
    ("POST", "/v1/installs/{installId}/connections"),
    ("GET", "/v1/internal-users/{id}/notification-settings"),
    ("GET", "/v1/invoice-templates"),
    ("GET", "/v1/message-channels"),
    ("POST", "/v1/message-channels"),
    ("GET", "/v1/message-channels/unread"),
    ("GET", "/v1/message-channels/{id}"),
    ("GET", "/v1/messages"),
    ("POST", "/v1/messages"),
    ("GET", "/v1/notes"),
    ("POST", "/v1/notes"),
    ("DELETE", "/v1/notes/{id}"),
    ("GET", "/v1/notes/{id}"),
    ("PATCH", "/v1/notes/{id}"),
    ("GET", "/v1/notifications"),
    ("POST", "/v1/notifications"),
    ("DELETE", "/v1/notifications/{id}"),
    ("GET", "/v1/notifications/{id}"),
    ("POST", "/v1/notifications/{id}/read"),
    ("POST", "/v1/notifications/{id}/unread"),
    ("GET", "/v1/prices"),
    ("POST", "/v1/prices"),
    ("GET", "/v1/prices/{id}"),
    ("GET", "/v1/products"),
    ("POST", "/v1/products"),
    ("GET", "/v1/products/{id}"),
    ("GET", "/v1/refunds"),
    ("POST", "/v1/refunds"),
    ("GET", "/v1/subscription-templates"),
    ("GET", "/v1/subscriptions"),
    ("POST", "/v1/subscriptions"),
    ("GET", "/v1/subscriptions/{id}"),
    ("POST", "/v1/subscriptions/{id}/cancel"),
    ("GET", "/v1/task-templates"),
    ("GET", "/v1/task-templates/{id}"),
    ("GET", "/v1/tasks"),
    ("POST", "/v1/tasks"),
    ("DELETE", "/v1/tasks/{id}"),
    ("GET", "/v1/tasks/{id}"),
    ("PATCH", "/v1/tasks/{id}"),
];

/// Whether a request is for one of them.
pub(crate) fn is_planned(method: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let fits = |template: &str| {
        let (mut asked, mut known) = (path.split('/'), template.split('/'));
        loop {
            match (asked.next(), known.next()) {
                (None, None) => return true,
                (Some(piece), Some(place)) if place.starts_with('{') && !piece.is_empty() => {}
                (Some(piece), Some(literal)) if piece == literal => {}
                _ => return false,
            }
        }
    };
    PLANNED
        .iter()
        .any(|(known, template)| *known == method && fits(template))
}
