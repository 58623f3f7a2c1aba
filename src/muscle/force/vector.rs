//! A number for each of a few muscles, and the arithmetic of all of them at once.
//!
//! Each operation is a loop over the lanes and nothing else, so that it becomes an instruction where there is one: the
//! bits are those of the same operation on one number.

use std::ops::{Add, Div, Mul, Sub};

/// A number for each muscle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lane<const N: usize>(pub [f64; N]);

macro_rules! each {
    ($operation:ident, $name:ident, $sign:tt) => {
        impl<const N: usize> $operation for Lane<N> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                let mut out = [0.0; N];
                for i in 0..N {
                    out[i] = self.0[i] $sign other.0[i];
                }
                Self(out)
            }
        }
    };
}

each!(Add, add, +);
each!(Sub, sub, -);
each!(Mul, mul, *);
each!(Div, div, /);

impl<const N: usize> Lane<N> {
    /// The same number for all.
    #[inline(always)]
    pub fn all(number: f64) -> Self {
        Self([number; N])
    }

    /// Without signs.
    #[inline(always)]
    #[must_use]
    pub fn abs(self) -> Self {
        let mut out = [0.0; N];
        for (out, own) in out.iter_mut().zip(&self.0) {
            *out = own.abs();
        }
        Self(out)
    }

    /// The larger of two; the first where the second is not a number.
    #[inline(always)]
    #[must_use]
    pub fn larger(self, other: Self) -> Self {
        let mut out = [0.0; N];
        for ((out, own), other) in out.iter_mut().zip(&self.0).zip(&other.0) {
            *out = if other > own { *other } else { *own };
        }
        Self(out)
    }

    /// The smaller of two; the first where the second is not a number.
    #[inline(always)]
    #[must_use]
    pub fn smaller(self, other: Self) -> Self {
        let mut out = [0.0; N];
        for ((out, own), other) in out.iter_mut().zip(&self.0).zip(&other.0) {
            *out = if other < own { *other } else { *own };
        }
        Self(out)
    }

    /// One of them.
    #[inline(always)]
    pub fn one(self, i: usize) -> Lane<1> {
        Lane([self.0[i]])
    }
}

impl<const N: usize> Mul<Lane<N>> for f64 {
    type Output = Lane<N>;
    #[inline(always)]
    fn mul(self, lane: Lane<N>) -> Lane<N> {
        let mut out = [0.0; N];
        for (out, number) in out.iter_mut().zip(&lane.0) {
            *out = self * number;
        }
        Lane(out)
    }
}
