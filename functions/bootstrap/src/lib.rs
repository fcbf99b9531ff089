//! The one binary behind every Lambda function.
