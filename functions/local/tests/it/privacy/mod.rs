//! Personal data: at rest, in answers, on request, and after they were erased.

mod at_rest;
mod erasure;
mod people;
mod planted;
mod scan;
