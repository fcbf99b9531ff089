//! What a function may do in AWS; its role allows this and nothing else.

use portico_queue::Queue;
use portico_store::Index;

/// One action on one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The action as IAM spells it.
    pub action: &'static str,
    /// What it is allowed on.
    pub resource: Resource,
}

/// What an action is allowed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The table, or one of its indexes.
    Table(Index),
    /// A queue.
    Queue(Queue),
    /// The identity that mail is sent from.
    MailIdentity,
    /// The files that browsers load.
    Media,
}

impl Grant {
    /// Read one item.
    pub const GET: Self = Self::table("dynamodb:GetItem");
    /// Read many items at once.
    pub const BATCH_GET: Self = Self::table("dynamodb:BatchGetItem");
    /// Write an item whole, alone or in a transaction.
    pub const PUT: Self = Self::table("dynamodb:PutItem");
    /// Change parts of an item.
    pub const UPDATE: Self = Self::table("dynamodb:UpdateItem");
    /// Delete an item, alone or in a transaction.
    pub const DELETE: Self = Self::table("dynamodb:DeleteItem");
    /// Require something of an item in a transaction.
    pub const CHECK: Self = Self::table("dynamodb:ConditionCheckItem");
    /// Send mail.
    pub const SEND_MAIL: Self = Self {
        action: "ses:SendEmail",
        resource: Resource::MailIdentity,
    };

    /// Write a file that browsers load.
    pub const PUT_FILE: Self = Self::media("s3:PutObject");
    /// Read one.
    pub const GET_FILE: Self = Self::media("s3:GetObject");
    /// Delete one.
    pub const DELETE_FILE: Self = Self::media("s3:DeleteObject");

    /// List from the table or from an index.
    pub const fn query(index: Index) -> Self {
        Self {
            action: "dynamodb:Query",
            resource: Resource::Table(index),
        }
    }

    /// Wake the workers of a queue.
    pub const fn wake(queue: Queue) -> Self {
        Self {
            action: "sqs:SendMessage",
            resource: Resource::Queue(queue),
        }
    }

    const fn media(action: &'static str) -> Self {
        Self {
            action,
            resource: Resource::Media,
        }
    }

    const fn table(action: &'static str) -> Self {
        Self {
            action,
            resource: Resource::Table(Index::Table),
        }
    }
}
