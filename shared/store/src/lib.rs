//! The one DynamoDB table: keys, access patterns, transactions.
