//! The colours of the window, dark and light: named here and nowhere else.

use egui::Color32;

/// The colours, by what they are for.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Whether it is the dark one.
    pub dark: bool,
    /// Behind everything.
    pub background: Color32,
    /// Behind panels.
    pub panel: Color32,
    /// Behind plots and fields.
    pub well: Color32,
    /// Lines that part things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text of less weight.
    pub faint: Color32,
    /// What is chosen, what can be pressed.
    pub accent: Color32,
    /// A cathode, the cathodic phase.
    pub cathode: Color32,
    /// An anode, the anodic phase.
    pub anode: Color32,
    /// A contact that is off.
    pub off: Color32,
    /// The patient's left.
    pub left: Color32,
    /// The patient's right.
    pub right: Color32,
    /// The cursor of time.
    pub cursor: Color32,
    /// Markers A and B.
    pub marker: Color32,
    /// What was asked for, behind what is made.
    pub ghost: Color32,
    /// All is well.
    pub good: Color32,
    /// Take note.
    pub caution: Color32,
    /// An alarm, and Stop.
    pub alarm: Color32,
    /// Signs on a contact that has a role.
    pub on_role: Color32,
    /// Text on an alarm's colour.
    pub on_alarm: Color32,
}

impl Theme {
    /// The dark theme.
    pub fn dark() -> Self {
        let rgb = Color32::from_rgb;
        Self {
            dark: true,
            background: rgb(0x14, 0x17, 0x1a),
            panel: rgb(0x1c, 0x20, 0x24),
            well: rgb(0x12, 0x15, 0x18),
            line: rgb(0x34, 0x3b, 0x42),
            text: rgb(0xe2, 0xe6, 0xea),
            faint: rgb(0x9a, 0xa4, 0xad),
            accent: rgb(0x6f, 0xb3, 0xd9),
            cathode: rgb(0x3b, 0x82, 0xc4),
            anode: rgb(0xd5, 0x5e, 0x00),
            off: rgb(0x7c, 0x86, 0x8f),
            left: rgb(0x5f, 0xc9, 0xb8),
            right: rgb(0xe6, 0xb4, 0x50),
            cursor: rgb(0xf2, 0xf4, 0xf6),
            marker: rgb(0xc7, 0x92, 0xea),
            ghost: rgb(0x5b, 0x65, 0x6e),
            good: rgb(0x6c, 0xc0, 0x7a),
            caution: rgb(0xe0, 0xc0, 0x4c),
            alarm: rgb(0xe5, 0x4b, 0x4b),
            on_role: rgb(0xff, 0xff, 0xff),
            on_alarm: rgb(0xff, 0xff, 0xff),
        }
    }

    /// The light theme.
    pub fn light() -> Self {
        let rgb = Color32::from_rgb;
        Self {
            dark: false,
            background: rgb(0xee, 0xf0, 0xf2),
            panel: rgb(0xf8, 0xf9, 0xfa),
            well: rgb(0xff, 0xff, 0xff),
            line: rgb(0xcc, 0xd3, 0xd9),
            text: rgb(0x1d, 0x24, 0x2a),
            faint: rgb(0x5d, 0x69, 0x73),
            accent: rgb(0x1f, 0x6f, 0xa3),
            cathode: rgb(0x2a, 0x6c, 0xab),
            anode: rgb(0xc2, 0x52, 0x00),
            off: rgb(0x8a, 0x95, 0x9e),
            left: rgb(0x0c, 0x7a, 0x6b),
            right: rgb(0x96, 0x63, 0x00),
            cursor: rgb(0x1d, 0x24, 0x2a),
            marker: rgb(0x83, 0x48, 0xb5),
            ghost: rgb(0xb3, 0xbc, 0xc4),
            good: rgb(0x2c, 0x84, 0x3d),
            caution: rgb(0x87, 0x69, 0x00),
            alarm: rgb(0xc4, 0x25, 0x25),
            on_role: rgb(0xff, 0xff, 0xff),
            on_alarm: rgb(0xff, 0xff, 0xff),
        }
    }

    /// The colour of a side.
    pub fn side(&self, side: crate::side::Side) -> Color32 {
        match side {
            crate::side::Side::Left => self.left,
            crate::side::Side::Right => self.right,
        }
    }
}
