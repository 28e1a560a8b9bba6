//! From a stack to requirements and actions, in a rehearsed machine.
