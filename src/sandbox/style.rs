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
    /// Gives a context fonts, spacing and colours, and a size of the text relative to the usual one; to be called
    /// before the first frame and when colours or size change.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Luminance and contrast as WCAG 2.2 defines them.
    fn luminance(colour: Color32) -> f32 {
        let linear = |level: u8| {
            let part = f32::from(level) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// 7 for text and 4.5 for text of less weight are of WCAG; 4 for names and lines in colour lies between its 4.5 for
    /// text and its 3 for graphics (ours).
    #[test]
    fn verif_everything_can_be_read_on_panels_and_in_wells() {
        for theme in [Theme::dark(), Theme::light()] {
            let Theme { text, faint, accent, cathode, anode, left, right, marker, good, caution, alarm, .. } = theme;
            let colours = [accent, cathode, anode, left, right, marker, good, caution, alarm];
            for behind in [theme.panel, theme.well] {
                assert!(contrast(text, behind) >= 7.0 && contrast(faint, behind) >= 4.5, "dark: {}", theme.dark);
                for (index, colour) in colours.into_iter().enumerate() {
                    let found = contrast(colour, behind);
                    assert!(found >= 4.0, "dark: {}: colour {index} of the list, {colour:?}: {found}", theme.dark);
                }
            }
        }
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-3);
    }

    #[test]
    fn verif_both_themes_and_their_size_are_applied() {
        let ctx = Context::default();
        for (theme, of, size) in [(Theme::light(), egui::Theme::Light, 1.5), (Theme::dark(), egui::Theme::Dark, 0.8)] {
            theme.apply(&ctx, size);
            for _ in 0..2 {
                let _ = ctx.run_ui(egui::RawInput::default(), |_| {});
            }
            assert_eq!((ctx.theme(), ctx.zoom_factor()), (of, size));
            assert_eq!(ctx.style_of(of).visuals.panel_fill, theme.panel);
        }
    }
}
