// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import { describe, expect, it } from 'vitest';
import UiTextInput from '../../../../renderer/ui/UiTextInput.vue';

describe('a line of text', () => {
  it.each(['text', 'number', 'search'] as const)('says what was typed as it was typed: %s', async (type) => {
    const wrapper = mount(UiTextInput, { props: { modelValue: '', type } });
    await wrapper.get('input').setValue('0.50');
    expect(wrapper.emitted('update:modelValue')).toEqual([['0.50']]);
  });
});
