// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import { X } from '@lucide/vue';
import { TooltipProvider } from 'reka-ui';
import { describe, expect, it, vi } from 'vitest';
import { h } from 'vue';
import UiIconButton from '../../../../renderer/ui/UiIconButton.vue';

describe('a button with a picture', () => {
  it('passes what is bound to it to the button itself, not to its tooltip', async () => {
    const onClick = vi.fn();
    const wrapper = mount(TooltipProvider, {
      slots: { default: () => h(UiIconButton, { icon: X, label: 'Stop', 'aria-expanded': true, onClick }) },
    });
    const button = wrapper.get('button');
    await button.trigger('click');
    expect(onClick).toHaveBeenCalledOnce();
    expect(button.attributes()).toMatchObject({ 'aria-label': 'Stop', 'aria-expanded': 'true' });
  });
});
