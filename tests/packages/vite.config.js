const pages = ['react', 'vue', 'angular', 'axios', 'jquery'];

export default {
  appType: 'mpa',
  build: {
    minify: false, // it is driven, not shipped
    rolldownOptions: { input: pages.map((page) => `${page}/index.html`) },
  },
};
