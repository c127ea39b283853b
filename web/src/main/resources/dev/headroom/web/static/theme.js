// Runs before the page is drawn, so that it is never drawn in the wrong colours first.
document.documentElement.dataset.theme = localStorage.getItem('headroom.theme') || 'system';
