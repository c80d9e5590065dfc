// This module's tests follow.
