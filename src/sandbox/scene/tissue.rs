//! The material of everything in the view of the back, with a shader of its own.
//!
//! Bevy's standard material took 2 s a frame on software Vulkan, most of it in compiling shaders anew for every draw;
//! this one, which knows two lights and nothing else, 0.08 s. Its lights stand beside the camera: whatever it looks at
//! is well lit, and nothing casts a shadow.

use bevy::app::{App, Plugin};
use bevy::asset::{Asset, Assets, Handle, load_internal_asset, uuid_handle};
use bevy::color::{ColorToComponents, LinearRgba};
use bevy::image::Image;
use bevy::material::AlphaMode;
use bevy::math::Vec4;
use bevy::mesh::MeshVertexBufferLayoutRef;
use bevy::pbr::{Material, MaterialPipeline, MaterialPipelineKey, MaterialPlugin};
use bevy::reflect::TypePath;
use bevy::render::render_resource::{AsBindGroup, RenderPipelineDescriptor, ShaderType, SpecializedMeshPipelineError};
use bevy::shader::{Shader, ShaderRef};
use egui::Color32;

use crate::sandbox::scene::look::colour;

const SHADER: Handle<Shader> = uuid_handle!("5d2ac1f0-6a1c-4f1e-9a50-5b0c6f0f7a11");

/// How far forward things are drawn that show through what covers them, and a slice, in the least steps of depth there
/// are: some 100 mm of the 1000 that the camera sees.
pub const THROUGH_BIAS: i32 = 3_500_000;
/// See [`THROUGH_BIAS`].
pub const SLICE_BIAS: i32 = 2_400_000;

/// What the shader is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, ShaderType)]
pub struct Shade {
    /// Linear colour and how solid it is.
    pub base: Vec4,
    /// Linear colour behind everything.
    pub backdrop: Vec4,
    /// What it gives off by itself; its gleam; 1 where light falls on it; 1 where it adds to what is behind it.
    pub light: Vec4,
}

/// What asks for another pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TissueKey {
    depth_bias: i32,
    two_sided: bool,
}

/// The material of everything in the view.
#[derive(Asset, AsBindGroup, Clone, Debug, TypePath)]
#[bind_group_data(TissueKey)]
pub struct Tissue {
    /// What the shader is told.
    #[uniform(0)]
    pub shade: Shade,
    /// A picture on it.
    #[texture(1)]
    #[sampler(2)]
    pub picture: Option<Handle<Image>>,
    /// How it lies over what is behind it.
    pub alpha_mode: AlphaMode,
    /// How far forward it is drawn, in the least steps of depth.
    pub depth_bias: i32,
    /// Whether it is seen from behind, too.
    pub two_sided: bool,
}

impl Tissue {
    fn lit(gleam: f32) -> Self {
        Self {
            shade: Shade { light: Vec4::new(0.0, gleam, 1.0, 0.0), base: Vec4::ONE, ..Shade::default() },
            picture: None,
            alpha_mode: AlphaMode::Opaque,
            depth_bias: 0,
            two_sided: false,
        }
    }

    /// A dull surface such as bone.
    pub fn matt() -> Self {
        Self::lit(0.035)
    }

    /// A moist surface such as muscle.
    pub fn moist() -> Self {
        Self::lit(0.13)
    }

    /// A surface that one can see through a little.
    pub fn clear() -> Self {
        Self { alpha_mode: AlphaMode::Blend, ..Self::moist() }
    }

    /// What shows through whatever covers it.
    pub fn through() -> Self {
        Self {
            shade: Shade { base: Vec4::ONE, ..Shade::default() },
            alpha_mode: AlphaMode::Blend,
            depth_bias: THROUGH_BIAS,
            ..Self::matt()
        }
    }

    /// A picture that shows through, and is seen from both sides.
    pub fn slice(picture: Handle<Image>) -> Self {
        Self { picture: Some(picture), depth_bias: SLICE_BIAS, two_sided: true, ..Self::through() }
    }

    /// A spot of light over whatever is there.
    pub fn halo(picture: Handle<Image>) -> Self {
        let mut halo = Self { alpha_mode: AlphaMode::Add, ..Self::slice(picture) };
        halo.shade.light.w = 1.0;
        halo
    }

    /// The same in a colour, giving off so much by itself, so solid.
    pub fn worn(&self, base: Color32, glow: f32, alpha: f32, backdrop: Color32) -> Self {
        let linear = |colour_of: Color32| LinearRgba::from(colour(colour_of)).to_vec4();
        let mut worn = self.clone();
        worn.shade.base = linear(base).truncate().extend(alpha);
        worn.shade.backdrop = linear(backdrop);
        worn.shade.light.x = glow;
        worn.alpha_mode = match worn.alpha_mode {
            AlphaMode::Opaque if alpha < 1.0 => AlphaMode::Blend,
            AlphaMode::Blend if alpha >= 1.0 && worn.depth_bias == 0 => AlphaMode::Opaque,
            same => same,
        };
        worn
    }

    /// Whether both look alike.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.shade == other.shade && self.alpha_mode == other.alpha_mode
    }
}

impl From<&Tissue> for TissueKey {
    fn from(tissue: &Tissue) -> Self {
        Self { depth_bias: tissue.depth_bias, two_sided: tissue.two_sided }
    }
}

impl Material for Tissue {
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    fn alpha_mode(&self) -> AlphaMode {
        self.alpha_mode
    }

    fn depth_bias(&self) -> f32 {
        self.depth_bias as f32
    }

    fn enable_prepass() -> bool {
        false
    }

    fn enable_shadows() -> bool {
        false
    }

    fn specialize(
        _pipeline: &MaterialPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        _layout: &MeshVertexBufferLayoutRef,
        key: MaterialPipelineKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        if key.bind_group_data.two_sided {
            descriptor.primitive.cull_mode = None;
        }
        if let Some(depth) = &mut descriptor.depth_stencil {
            depth.bias.constant = key.bind_group_data.depth_bias;
        }
        Ok(())
    }
}

/// Adds the material.
pub struct TissuePlugin;

impl Plugin for TissuePlugin {
    fn build(&self, app: &mut App) {
        if app.world().contains_resource::<Assets<Shader>>() {
            load_internal_asset!(app, SHADER, "tissue.wgsl", Shader::from_wgsl);
        }
        app.add_plugins(MaterialPlugin::<Tissue>::default());
    }
}
