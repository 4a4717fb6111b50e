//! `passerelle sign`
