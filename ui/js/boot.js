/*
 * Before the first paint: language and theme, as the reader chose them or as the browser says; and a hand for what is
 * sent before the page's module is there to take it.
 */
(function () {
  function kept(name) {
    try {
      return localStorage.getItem(name);
    } catch (e) {
      return null;
    }
  }
  var root = document.documentElement;
  var speaks = (navigator.languages || [navigator.language || 'en']).map(function (l) {
    return l.slice(0, 2);
  });
  var first =
    speaks.filter(function (l) {
      return l === 'ko' || l === 'en';
    })[0] || 'en';
  var lang = kept('lang');
  root.lang = lang === 'ko' || lang === 'en' ? lang : first;

  var dark = matchMedia('(prefers-color-scheme: dark)');
  function paint() {
    var theme = kept('theme');
    root.dataset.theme = theme === 'dark' || theme === 'light' ? theme : dark.matches ? 'dark' : 'light';
    document.dispatchEvent(new Event('theme'));
  }
  paint();
  dark.addEventListener('change', paint);
  document.addEventListener('theme-chosen', paint);

  root.classList.add('js');

  /* Left to itself the browser would load the page anew, with all that was typed, a password too, in its address. */
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (event.defaultPrevented) return;
    event.preventDefault();
    /* A module that has not come after so long will not: who presses again starts anew. */
    if (form.dataset.sent && Date.now() - form.dataset.sent > 10000) location.reload();
    form.dataset.sent = form.dataset.sent || Date.now();
  });
})();
