//! Hyper Stack Manager: one solve and one transaction for Python packages and the containers they need.
