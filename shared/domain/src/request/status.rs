//! How far a request is.

use serde::{Deserialize, Serialize};

/// How far a request is. It only goes forward: who wants something again asks
/// again.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum RequestStatus {
    /// It was made, and nobody has taken it up.
    Open,
    /// Somebody is at work on it.
    InProgress,
    /// It was done.
    Done,
    /// The business does not do it.
    Declined,
    /// It is not wanted any more.
    Cancelled,
}

impl RequestStatus {
    /// Every status there is.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::InProgress,
        Self::Done,
        Self::Declined,
        Self::Cancelled,
    ];

    /// The name that callers see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "inProgress",
            Self::Done => "done",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether it stays so.
    pub const fn is_end(self) -> bool {
        match self {
            Self::Open | Self::InProgress => false,
            Self::Done | Self::Declined | Self::Cancelled => true,
        }
    }

    /// Whether it can go from here to there in one step. What is small is done
    /// at once, without being in progress first.
    pub const fn may_become(self, other: Self) -> bool {
        match (self, other) {
            (Self::Open, Self::InProgress | Self::Done | Self::Declined | Self::Cancelled)
            | (Self::InProgress, Self::Done | Self::Declined | Self::Cancelled) => true,
            (Self::Open | Self::InProgress, Self::Open | Self::InProgress)
            | (Self::Done | Self::Declined | Self::Cancelled, _) => false,
        }
    }
}
