//! How egui looks: the colours of the theme, spacing and fonts, set in one place.

use egui::style::{HandleShape, WidgetVisuals};
use egui::{
    Color32, Context, CornerRadius, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle,
    Visuals, vec2,
};

use crate::sandbox::theme::Theme;

/// The fonts that come with egui; Hack stands behind the proportional ones, which have no arrows.
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_string());
    fonts
}

impl Theme {
    /// Gives a context fonts, spacing and colours, and a size of the text relative to the usual one; to be called before
    /// the first frame and when colours or size change.
    pub fn apply(&self, ctx: &Context, text_size: f32) {
        ctx.set_fonts(fonts());
        // The size of the text is one of our own commands, so that it is kept.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        ctx.all_styles_mut(space);
        let of = if self.dark { egui::Theme::Dark } else { egui::Theme::Light };
        ctx.set_theme(of);
        ctx.set_visuals_of(of, visuals(self));
        ctx.set_zoom_factor(text_size);
    }
}

/// Sizes and distances.
fn space(style: &mut Style) {
    use TextStyle as T;
    let text = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (T::Small, text(11.5)),
        (T::Body, text(13.5)),
        (T::Button, text(13.5)),
        (T::Heading, text(17.0)),
        (T::Monospace, FontId::new(12.5, FontFamily::Monospace)),
    ]
    .into();
    style.spacing.item_spacing = vec2(8.0, 5.0);
    style.spacing.button_padding = vec2(8.0, 3.0);
    style.spacing.interact_size = vec2(40.0, 22.0);
    style.spacing.window_margin = Margin::same(10);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.indent = 16.0;
    style.spacing.tooltip_width = 420.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
}

/// The colours of a theme under the names that egui has for them.
pub fn visuals(theme: &Theme) -> Visuals {
    let mut visuals = if theme.dark { Visuals::dark() } else { Visuals::light() };
    let line = Stroke::new(1.0, theme.line);
    let round = CornerRadius::same(4);
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: round,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let raised = theme.panel.lerp_to_gamma(theme.text, 0.08);
    let higher = theme.panel.lerp_to_gamma(theme.text, 0.15);
    let chosen = theme.panel.lerp_to_gamma(theme.accent, 0.35);
    visuals.widgets.noninteractive = widget(theme.panel, theme.line, theme.text);
    visuals.widgets.inactive = widget(raised, theme.line, theme.text);
    visuals.widgets.hovered = widget(higher, theme.accent, theme.text);
    visuals.widgets.active = widget(chosen, theme.accent, theme.text);
    visuals.widgets.open = widget(higher, theme.line, theme.text);
    visuals.selection.bg_fill = chosen;
    visuals.selection.stroke = Stroke::new(1.0, theme.text);
    visuals.weak_text_color = Some(theme.faint);
    visuals.hyperlink_color = theme.accent;
    visuals.faint_bg_color = theme.panel.lerp_to_gamma(theme.text, 0.04);
    visuals.extreme_bg_color = theme.well;
    visuals.text_edit_bg_color = Some(theme.well);
    visuals.code_bg_color = theme.well;
    visuals.warn_fg_color = theme.caution;
    visuals.error_fg_color = theme.alarm;
    visuals.window_fill = theme.panel;
    visuals.window_stroke = line;
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.window_shadow = Shadow { offset: [0, 6], blur: 18, spread: 0, color: Color32::from_black_alpha(70) };
    visuals.popup_shadow = Shadow { offset: [0, 3], blur: 10, spread: 0, color: Color32::from_black_alpha(60) };
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.panel_fill = theme.panel;
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = HandleShape::Rect { aspect_ratio: 0.5 };
    visuals.disabled_alpha = 0.45;
    visuals
}
