/* Instead of a page: what nginx has said already, in the language that the reader has chosen. */
import { titled } from '../frame.js';
import { $, text } from '../dom.js';
import { t } from '../i18n.js';

const what = $('.empty').dataset.what;
text($('h1'), t(`refused.${what}`));
text($('.empty p'), t(`refused.${what}_detail`));
text($('.empty a'), t('refused.way_on'));
titled(t(`refused.${what}`));
