//! The SQS queues between the functions.
