//! What is wrong with an input, and where.

/// A value that cannot be accepted, and the field it stands in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Invalid {
    /// The path of the field as the caller wrote it, such as `companyIds[2]`.
    pub field: String,
    /// A stable word for programs, such as `email_invalid`.
    pub code: &'static str,
    /// What is wrong and what would be right, for the person who reads it.
    pub message: String,
}

impl Invalid {
    /// An invalid `field`.
    pub fn new(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            code,
            message: message.into(),
        }
    }

    /// A required `field` that is missing or empty.
    pub fn missing(field: &str) -> Self {
        Self::new(field, "field_required", format!("{field} is required"))
    }
}
