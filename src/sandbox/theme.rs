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
    /// The view of the back.
    pub back: BackColours,
}

/// What the body and the implant look like.
#[derive(Clone, Debug, PartialEq)]
pub struct BackColours {
    /// Behind everything.
    pub backdrop: Color32,
    /// Bone.
    pub bone: Color32,
    /// Discs.
    pub disc: Color32,
    /// Muscle at rest.
    pub muscle: Color32,
    /// Muscle at full force.
    pub muscle_active: Color32,
    /// Fat in a muscle.
    pub fat: Color32,
    /// A muscle that fatigue has left nothing of.
    pub tired: Color32,
    /// Tendon.
    pub tendon: Color32,
    /// A nerve at rest.
    pub nerve: Color32,
    /// A nerve all of whose axons fire.
    pub nerve_active: Color32,
    /// Insulation of a lead.
    pub lead: Color32,
    /// The generator's can.
    pub can: Color32,
    /// The clear block that leads are plugged into.
    pub header: Color32,
    /// The pocket under the skin that the generator lies in.
    pub pocket: Color32,
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
            back: BackColours {
                backdrop: rgb(0x1a, 0x1f, 0x24),
                bone: rgb(0xdf, 0xd3, 0xbb),
                disc: rgb(0x8c, 0xa3, 0xb0),
                muscle: rgb(0x7d, 0x2f, 0x2b),
                muscle_active: rgb(0xf4, 0x6a, 0x4e),
                fat: rgb(0xd9, 0xc1, 0x8a),
                tired: rgb(0x8f, 0x80, 0x7a),
                tendon: rgb(0xd2, 0xc8, 0xb2),
                nerve: rgb(0xe3, 0xc6, 0x4b),
                nerve_active: rgb(0xff, 0xf3, 0xb0),
                lead: rgb(0xa9, 0xb8, 0xc4),
                can: rgb(0xb4, 0xbd, 0xc6),
                header: rgb(0x9f, 0xc4, 0xd4),
                pocket: rgb(0x8f, 0xa6, 0xb8),
            },
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
            back: BackColours {
                backdrop: rgb(0xe8, 0xeb, 0xee),
                bone: rgb(0xe6, 0xda, 0xc2),
                disc: rgb(0x9d, 0xb4, 0xc1),
                muscle: rgb(0x8a, 0x38, 0x33),
                muscle_active: rgb(0xf2, 0x6a, 0x4c),
                fat: rgb(0xdd, 0xc7, 0x90),
                tired: rgb(0xa3, 0x94, 0x8d),
                tendon: rgb(0xd8, 0xcf, 0xba),
                nerve: rgb(0xd2, 0xae, 0x1e),
                nerve_active: rgb(0xff, 0xe8, 0x70),
                lead: rgb(0x8e, 0x9f, 0xac),
                can: rgb(0xae, 0xb8, 0xc2),
                header: rgb(0x86, 0xb4, 0xc8),
                pocket: rgb(0x7e, 0x97, 0xab),
            },
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
