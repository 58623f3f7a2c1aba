// Everything in the view of the back: a light beside the camera, a weaker one opposite, a soft gleam, and further away
// a little more of the backdrop. Small, so that a processor can draw it where there is no graphics card. Nothing here
// branches on a uniform: Mesa's software Vulkan compiles such a shader anew for every draw, a millisecond each.

#import bevy_pbr::{forward_io::VertexOutput, mesh_view_bindings::view}

struct Shade {
    // Linear colour and how solid it is.
    base: vec4<f32>,
    // Linear colour behind everything.
    backdrop: vec4<f32>,
    // What it gives off by itself; its gleam; 1 where light falls on it; 1 where it adds to what is behind it.
    light: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> shade: Shade;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var picture: texture_2d<f32>;
@group(#{MATERIAL_BIND_GROUP}) @binding(2) var picture_sampler: sampler;

// In the camera's own axes: x to the right, y up, z towards the eye.
const KEY: vec3<f32> = vec3<f32>(-0.3309, 0.4551, 0.8267);
const FILL: vec3<f32> = vec3<f32>(0.7767, -0.4369, 0.4539);
// Halfway between the key light and the eye.
const GLEAM: vec3<f32> = vec3<f32>(-0.1731, 0.2381, 0.9557);

// Where the haze begins and ends, mm from the camera, and how much of it there is; the middle of the back is at 500.
const HAZE_FROM: f32 = 470.0;
const HAZE_TO: f32 = 640.0;
const HAZE_MOST: f32 = 0.45;

@fragment
fn fragment(in: VertexOutput) -> @location(0) vec4<f32> {
    var colour = shade.base;
#ifdef VERTEX_UVS_A
    colour *= textureSample(picture, picture_sampler, in.uv);
#endif
    let normal = normalize((view.view_from_world * vec4<f32>(in.world_normal, 0.0)).xyz);
    let key = max(dot(normal, KEY), 0.0);
    let fill = max(dot(normal, FILL), 0.0);
    // From above falls a little more than from below; a surface seen edge-on is a little darker.
    let around = 0.17 + 0.05 * normal.y - 0.10 * (1.0 - max(normal.z, 0.0));
    let gleam = pow(max(dot(normal, GLEAM), 0.0), 28.0) * shade.light.y;
    let lit = colour.rgb * (around + 0.84 * key + 0.14 * fill + shade.light.x) + vec3<f32>(gleam);
    let away = -(view.view_from_world * in.world_position).z;
    let haze = clamp((away - HAZE_FROM) / (HAZE_TO - HAZE_FROM), 0.0, 1.0) * HAZE_MOST;
    let unlit = colour.rgb * (1.0 + shade.light.x);
    let seen = mix(unlit, mix(lit, shade.backdrop.rgb, haze), shade.light.z);
    return mix(vec4<f32>(seen, colour.a), vec4<f32>(seen * colour.a, 0.0), shade.light.w);
}
